package pika

import (
	"context"
	"time"
)

// RawVectors keeps, in the truth, the vectors that indexes are built from, so that
// an index is rebuilt without a model, and what an index may not show yet is found
// by an exact comparison. Vectors of several models may be there side by side.
//
// A vector is unsettled from PutRawVectors until Outbox.Acknowledge of its StoreVectors
// item, and then settles: indexes show rows late.
type RawVectors interface {
	// PutRawVectors keeps vectors of a model; a known id of the same model, scope and
	// corpus is replaced and unsettled again; of two rows with one id the last wins.
	// The facts or messages need not be there yet. Rules for rows as in Vectors.Upsert.
	PutRawVectors(ctx context.Context, scope Scope, corpus Corpus, model EmbeddingModel, rows []Vector) error

	// RawVectors returns the vectors of the given ids, in the order of ids, missing
	// ones left out, repeated ones once. At most MaxVectorBatch ids; more: Invalid.
	RawVectors(ctx context.Context, scope Scope, corpus Corpus, model EmbeddingModel, ids []string) ([]Vector, error)

	// ListRawVectors returns a user's vectors with ids above after, lowest ids first.
	// limit is 1–MaxVectorBatch; anything else is Invalid.
	ListRawVectors(ctx context.Context, scope Scope, corpus Corpus, model EmbeddingModel, after string, limit int) ([]Vector, error)

	// UnsettledVectors returns the vectors that are not acknowledged, or were
	// acknowledged at or after since, newest first, at most limit (1–MaxVectorBatch).
	UnsettledVectors(ctx context.Context, scope Scope, corpus Corpus, model EmbeddingModel, since time.Time, limit int) ([]Vector, error)

	// DeleteRawVectors removes the vectors of all models with the given ids; missing
	// ones are no error. At most MaxVectorBatch ids; more: Invalid.
	DeleteRawVectors(ctx context.Context, scope Scope, corpus Corpus, ids []string) error

	// DropRawVectors removes up to limit (1–MaxPageLimit) vectors of a model, of any
	// user, and returns how many: 0 when none is left. It is for a model that is given up.
	DropRawVectors(ctx context.Context, model EmbeddingModel, limit int) (int, error)
}

// ActiveModel is the embedding model that the data is searched with.
type ActiveModel struct {
	EmbeddingModel
	Embedder string // how the configuration names it: local or openai:MODEL
}

// Models remembers which embedding model is the data's.
type Models interface {
	// ActiveModel returns the model; NotFound if none was ever claimed.
	ActiveModel(ctx context.Context) (ActiveModel, error)

	// ClaimModel makes m the active model if there is none, and returns the one that
	// is. A model without an id or with less than 1 dimension: Invalid.
	ClaimModel(ctx context.Context, m ActiveModel) (ActiveModel, error)

	// SwitchModel makes to the active model if from is it now (by EmbeddingModel), else
	// Conflict.
	SwitchModel(ctx context.Context, from, to ActiveModel) error
}

// RowKey places a row of a projection: the id of its scope (Scope.ID) and its own id.
// Keys are ordered by ScopeID and then by ID, byte by byte.
type RowKey struct{ ScopeID, ID string }

// Row is a row of a projection, as the projection holds it or as the truth wants it.
type Row struct {
	RowKey

	// Digest is VectorDigest or LinkDigest of what the row says; 0: not known.
	Digest int64

	// At is when the row was written; in the truth, when what it follows from was.
	At time.Time
}

// RowRange is a part of a projection in the order of RowKey.
type RowRange struct {
	FromScope string // lowest scope id, inclusive
	ToScope   string // exclusive; empty: no end
	After     RowKey // exclusive; the zero value: from the start
	Limit     int    // 1–MaxPageLimit; anything else is Invalid
}

// Rows lets the reconciler see a whole projection, of all users. Vector indexes
// implement it for both corpora, graphs for CorpusFacts only (others: Invalid).
type Rows interface {
	// ListRows returns the rows of a range in their order. Fewer than Limit: there are
	// no more. It shows every write that was acknowledged before it began.
	ListRows(ctx context.Context, corpus Corpus, r RowRange) ([]Row, error)

	// DeleteRows removes rows, also of scopes that the truth does not know; missing
	// ones are no error. At most MaxPageLimit keys; more: Invalid.
	DeleteRows(ctx context.Context, corpus Corpus, keys []RowKey) error
}

// Census lets the reconciler see what the projections should hold, of all users.
type Census interface {
	// WantedRows returns the rows of a range that a projection should hold, in their
	// order. Fewer than Limit: there are no more. StoreVectors wants every live fact
	// and every kept message with text, with the digest of its raw vector of the model
	// (0 if the truth has none); StoreGraph every live fact with entities, with
	// LinkDigest(LinkOf(fact)), and knows no messages.
	WantedRows(ctx context.Context, store Store, corpus Corpus, model EmbeddingModel, r RowRange) ([]Row, error)

	// ScopesByID returns the scopes with the given ids; unknown ones are missing. At
	// most MaxPageLimit ids; more: Invalid.
	ScopesByID(ctx context.Context, ids []string) (map[string]Scope, error)
}

// KeyRole is what the holder of an API key may do; each role may what the ones before may.
type KeyRole string

// The roles of API keys.
const (
	RoleRead  KeyRole = "read"
	RoleWrite KeyRole = "write"
	RoleAdmin KeyRole = "admin"
)

// KeyRoles lists every KeyRole once, the least first.
func KeyRoles() []KeyRole { return []KeyRole{RoleRead, RoleWrite, RoleAdmin} }

// APIKey is a key as it is stored: never the key itself.
type APIKey struct {
	ID        string
	Tenant    string
	Role      KeyRole
	Name      string     // what its owner calls it
	Hash      string     // hex SHA-256 of the key
	CreatedAt time.Time  //
	RevokedAt *time.Time // nil: it is valid
}

// APIKeys is the truth about who may call.
type APIKeys interface {
	// CreateAPIKey stores a key. An id or hash that is there already: Conflict.
	CreateAPIKey(ctx context.Context, key APIKey) error

	// ListAPIKeys returns the keys of a tenant, of all tenants if it is empty, revoked
	// ones too, oldest first, then by ID.
	ListAPIKeys(ctx context.Context, tenant string) ([]APIKey, error)

	// RevokeAPIKey ends a key of the tenant; one that has ended stays as it is.
	// NotFound if there is none.
	RevokeAPIKey(ctx context.Context, tenant, id string, at time.Time) error
}
