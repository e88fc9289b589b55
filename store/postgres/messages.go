package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/truth"
)

var _ pika.Messages = (*DB)(nil)

// PutMessages implements pika.Messages. A message without content is kept as its id
// and hash: it is not indexed, and no projection is owed it.
func (db *DB) PutMessages(ctx context.Context, scope pika.Scope, messages []pika.StoredMessage) error {
	if len(messages) > pika.MaxConversationLen {
		return pika.InvalidField("messages", "must be at most %d", pika.MaxConversationLen)
	}
	messages = truth.LastOfEach(messages, keyOf)
	return db.doLocked(ctx, scope, operation{what: "put messages"}, func(ctx context.Context, t *tx) error {
		var there []kept
		err := t.run(ctx, makeKnown(scope), collect(&there, keptMessage,
			"SELECT id, content_hash, name, content, document FROM messages WHERE scope = $1 AND id = ANY($2)",
			scope.ID(), column(messages, keyOf)))
		if err != nil {
			return err
		}
		changed, replaced := compare(messages, there)
		if len(changed) == 0 {
			return t.finish(ctx)
		}
		return db.replaceMessages(ctx, t, scope, changed, replaced)
	})
}

func keyOf(m *pika.StoredMessage) string { return m.Key }

// kept is a message that was there before: what is needed to take it out.
type kept struct {
	message  pika.StoredMessage
	document *int64
}

func keptMessage(s scan) (k kept, err error) {
	err = s(&k.message.Key, &k.message.ContentHash, &k.message.Name, &k.message.Content, &k.document)
	return k, err
}

// compare returns the messages to write and those that they replace.
func compare(messages []pika.StoredMessage, there []kept) (changed []pika.StoredMessage, replaced []kept) {
	byKey := make(map[string]kept, len(there))
	for _, k := range there {
		byKey[k.message.Key] = k
	}
	for _, m := range messages {
		k, ok := byKey[m.Key]
		if ok && k.message.ContentHash == m.ContentHash {
			continue
		}
		changed = append(changed, m)
		if ok {
			replaced = append(replaced, k)
		}
	}
	return changed, replaced
}

// replaceMessages takes the replaced messages out, with the vectors of their former
// content, writes the changed ones, and ends the transaction.
func (db *DB) replaceMessages(ctx context.Context, t *tx, scope pika.Scope, changed []pika.StoredMessage, replaced []kept) error {
	owed := map[string]bool{} // by key: written, or taken out, with content
	var out, in []keyword.Document
	for _, k := range replaced {
		if k.document != nil {
			d := keyword.Count(k.message.SearchText())
			d.Number = uint32(*k.document)
			out = append(out, d)
			owed[k.message.Key] = true
		}
	}
	for _, m := range changed {
		if m.Content != "" {
			in = append(in, keyword.Count(m.SearchText()))
			owed[m.Key] = true
		}
	}
	x := newIndex(scope, truth.MessagesKey)
	terms, numbers := holding(out)
	statements := x.loadLast(termsOf(in))
	if err := t.run(ctx, append(statements, x.loadHolding(terms, numbers))...); err != nil {
		return err
	}
	if err := x.remove(out); err != nil {
		return err
	}
	first, err := x.add(in)
	if err != nil {
		return err
	}
	now := db.config.Now()
	inserted, err := insertMessages(scope, changed, first, now)
	if err != nil {
		return err
	}
	keys := slices.DeleteFunc(column(changed, keyOf), func(key string) bool { return !owed[key] })
	gone := column(replaced, func(k *kept) string { return k.message.Key })
	statements = []statement{
		dropRaw(scope, truth.MessagesKey, gone),
		exec("DELETE FROM messages WHERE scope = $1 AND id = ANY($2)", scope.ID(), gone),
		inserted,
	}
	statements = append(statements, x.save()...)
	stores := slices.Repeat([]string{string(pika.StoreVectors)}, len(keys))
	noted, err := noteChange(scope, pika.Change{Messages: column(changed, keyOf)})
	if err != nil {
		return err
	}
	if len(replaced) > 0 {
		noted = append(noted, dropAnswers(scope))
	}
	return t.finish(ctx, slices.Concat(statements, owe(scope, truth.MessagesKey, keys, stores, now), noted)...)
}

// insertMessages makes the statement that inserts messages, those with content indexed
// as the documents from first on.
func insertMessages(scope pika.Scope, messages []pika.StoredMessage, first uint32, stored time.Time) (statement, error) {
	metadata, err := jsonColumn(messages, func(m *pika.StoredMessage) (pika.Metadata, bool) { return m.Metadata, len(m.Metadata) == 0 })
	if err != nil {
		return statement{}, err
	}
	documents := column(messages, func(m *pika.StoredMessage) *int64 {
		if m.Content == "" {
			return nil
		}
		number := int64(first)
		first++
		return &number
	})
	return exec(`INSERT INTO messages (scope, tenant, document, id, conversation, message, role, name, content, content_hash, at, metadata, stored_at)
		SELECT $1, $2, *, $13::bigint FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
			$11::bigint[], $12::text[])`, scope.ID(), scope.Tenant, documents,
		column(messages, keyOf),
		column(messages, func(m *pika.StoredMessage) string { return m.ConversationID }),
		column(messages, func(m *pika.StoredMessage) string { return m.MessageID }),
		column(messages, func(m *pika.StoredMessage) string { return string(m.Role) }),
		column(messages, func(m *pika.StoredMessage) string { return m.Name }),
		column(messages, func(m *pika.StoredMessage) string { return m.Content }),
		column(messages, func(m *pika.StoredMessage) string { return m.ContentHash }),
		column(messages, func(m *pika.StoredMessage) int64 { return truth.Micros(m.At) }), metadata, truth.Micros(stored)), nil
}

// GetMessages implements pika.Messages.
func (db *DB) GetMessages(ctx context.Context, scope pika.Scope, keys []string) ([]pika.StoredMessage, error) {
	if len(keys) > pika.MaxPageLimit {
		return nil, pika.InvalidField("keys", "must be at most %d", pika.MaxPageLimit)
	}
	var messages []pika.StoredMessage
	err := db.do(ctx, operation{what: "get messages", access: tenantOf(scope), search: true}, func(ctx context.Context, t *tx) error {
		messages = nil
		return t.finish(ctx, collect(&messages, messageOf, `SELECT id, document, conversation, message, role, name, content, content_hash, at, metadata
			FROM messages WHERE scope = $1 AND id = ANY($2)`, scope.ID(), keys))
	})
	if err != nil {
		return nil, err
	}
	return truth.InOrder(messages, keys, keyOf), nil
}

func messageOf(s scan) (m pika.StoredMessage, err error) {
	var at int64
	var document *int64
	var role, metadata string
	if err := s(&m.Key, &document, &m.ConversationID, &m.MessageID, &role, &m.Name, &m.Content, &m.ContentHash, &at, &metadata); err != nil {
		return m, err
	}
	m.Role, m.At = pika.Role(role), truth.FromMicros(at)
	if document != nil {
		m.Sequence = *document // numbers begin at 1
	}
	m.Metadata, err = truth.DecodeJSON[pika.Metadata](metadata)
	return m, err
}
