package pika

import (
	"context"
	"time"
)

// Scored is a hit of one leg. Hits are ordered by Score, highest first; equal
// scores by ID, lowest first.
type Scored struct {
	ID    string
	Score float64
}

// Corpus names what is searched: the two kinds of text a user has.
type Corpus string

// The corpora.
const (
	CorpusFacts    Corpus = "facts"
	CorpusMessages Corpus = "messages"
)

// Commit is one chunk's candidates on their way into the truth.
type Commit struct {
	JobID    string
	Chunk    int
	Facts    []Fact        // 0–MaxFactsPerCommit, ids from FactID, all of one scope
	Rejected []FactOutcome // items that are no facts, recorded beside the others; Outcome is Rejected
	At       time.Time     // RecordedAt of the new facts
}

// Facts is the truth about facts.
type Facts interface {
	// Commit runs Decide over the candidates, one after another in their order, and
	// writes facts, sources, history, entities, keyword postings, the outbox rows of
	// the projections and the outcomes, all in one transaction under the user's lock.
	//
	// It returns one outcome per candidate and then the rejected ones, in order;
	// Stores is left empty. Commit is idempotent on (JobID, Chunk): a second call writes nothing and
	// returns the first call's outcomes. More than MaxFactsPerCommit facts: Invalid.
	Commit(ctx context.Context, scope Scope, c Commit) ([]FactOutcome, error)

	// Get returns the live facts with the given ids, in the order of ids, missing
	// ones left out, repeated ones once. At most MaxPageLimit ids; more: Invalid.
	// Superseded facts are live; deleted ones are not.
	Get(ctx context.Context, scope Scope, ids []string) ([]Fact, error)

	// Matching returns the ids of the user's live facts that may pass filters, lowest
	// first: at most limit (1–MaxPageLimit, else Invalid), and whether those are all. It
	// leaves out only what does not pass; of what it returns the caller decides, for it
	// looks at how Metadata and times are written, not at what they say.
	Matching(ctx context.Context, scope Scope, f Filters, limit int) (ids []string, all bool, err error)

	// Find returns one live fact by its id alone, within a tenant. NotFound if the
	// tenant has none.
	Find(ctx context.Context, tenant, id string) (Fact, error)

	// List returns a page of a user's live facts, newest RecordedAt first, then by ID.
	// The cursor is opaque; a cursor List did not make is Invalid. The order is
	// stable while facts are written: no fact is seen twice, none that was there at
	// the first page is missed.
	List(ctx context.Context, scope Scope, f ListFacts, p PageRequest) (Page[Fact], error)

	// Delete removes a fact of the tenant for good: row, sources, postings and the
	// text in its history. A fact whose interval it ended lasts as long as it did and
	// is superseded by what superseded it, so that nothing points at a fact that is
	// gone. The projections' rows are put in the outbox. NotFound if there is none.
	// It returns the scope the fact was in.
	Delete(ctx context.Context, tenant, id string, at time.Time) (Scope, error)

	// History returns every version of a fact, oldest first. Of a deleted fact only
	// the events remain, without text. NotFound if it never existed.
	History(ctx context.Context, tenant, id string) ([]Revision, error)
}

// ListFacts narrows Facts.List; empty members do not filter.
type ListFacts struct {
	IncludeSuperseded bool
	Category          string
	Predicate         string
	ConversationID    string
}

// PageRequest asks for one page. Limit is 1–MaxPageLimit; anything else is Invalid.
type PageRequest struct {
	Limit  int
	Cursor string // empty: the first page
}

// Page is one page of a list. Next is empty on the last page.
type Page[T any] struct {
	Items []T
	Next  string
}

// Revision is one event in a fact's life.
type Revision struct {
	FactID string    `json:"fact_id"`
	Event  string    `json:"event"` // recorded, source_added, superseded, deleted
	At     time.Time `json:"at"`
	JobID  string    `json:"job_id,omitempty"`
	By     string    `json:"by,omitempty"` // superseded: the successor's id
	Text   string    `json:"text,omitempty"`
	Source *Source   `json:"source,omitempty"`
}

// Messages is the truth about messages.
type Messages interface {
	// Put stores messages with their keyword postings and outbox rows. A message
	// whose Key is there with the same ContentHash is left as it is; with another it
	// is replaced. Those that are written with their content get neighbouring Sequences in
	// their order, a replaced one a new one; the Sequence given is ignored. At most
	// MaxConversationLen messages; more: Invalid.
	PutMessages(ctx context.Context, scope Scope, messages []StoredMessage) error

	// GetMessages returns messages by Key, in the order of keys, missing ones left
	// out. At most MaxPageLimit keys; more: Invalid.
	GetMessages(ctx context.Context, scope Scope, keys []string) ([]StoredMessage, error)
}

// Keyword is exact BM25 over one user's own facts or messages.
type Keyword interface {
	// SearchKeyword returns the best hits for a query. A document's score is the sum over
	// the groups of the highest Weight × BM25(term, document) among the alternatives that
	// the document holds; a document that holds none is no hit. Scores are > 0. A query
	// without groups, or without a known term, finds none. limit is 1–MaxKeywordLimit;
	// anything else is Invalid, and so is a query that breaks the rules of KeywordQuery
	// and Alternative. Superseded facts are found too; the caller decides at hydration.
	SearchKeyword(ctx context.Context, scope Scope, corpus Corpus, query KeywordQuery, limit int) ([]Scored, error)

	// Vocabulary returns the terms that the corpus' live documents hold, concepts among
	// them, and in how many each stands, sorted by term. If there are more than limit
	// (1–MaxVocabulary; anything else is Invalid), those in most documents, of equal ones
	// the lower terms.
	Vocabulary(ctx context.Context, scope Scope, corpus Corpus, limit int) ([]TermDocuments, error)

	// KeywordState says what a user's texts are by now.
	KeywordState(ctx context.Context, scope Scope) (KeywordState, error)
}

// KeywordState is what is known of a user's texts without reading them.
type KeywordState struct {
	// Token is opaque, and another one whenever the documents of either corpus, or the
	// terms they are found by, have changed: what was learned of the texts under one
	// token holds as long as the token does. Without documents it is always the same.
	Token string

	// Documents counts the live documents of each corpus, and Lengths their words; a corpus
	// without any is missing.
	Documents, Lengths map[Corpus]int64
}

// Vector is one row of a vector index. Values has the model's dimensions and unit length.
type Vector struct {
	ID     string
	Values []float32
}

// Vectors is the vector index, one collection per corpus and embedding model.
// Rows carry no text, no validity and no names.
type Vectors interface {
	// Upsert writes rows; a row with a known id of the same scope and corpus is
	// replaced; the last of two rows with the same id wins. At most MaxVectorBatch
	// rows. A row of other dimensions, with a value that is not finite, or with
	// length 0: Invalid, and nothing is written.
	Upsert(ctx context.Context, scope Scope, corpus Corpus, rows []Vector) error

	// DeleteVectors removes rows; missing ids are no error. At most MaxVectorBatch ids;
	// more: Invalid.
	DeleteVectors(ctx context.Context, scope Scope, corpus Corpus, ids []string) error

	// SearchVectors returns the rows nearest to a unit vector by cosine similarity
	// (−1–1). limit is 1–MaxVectorLimit. Rules for query as for a row's Values.
	SearchVectors(ctx context.Context, scope Scope, corpus Corpus, query []float32, limit int) ([]Scored, error)
}

// Link is a fact as the graph knows it: ids and an enumerated type only.
type Link struct {
	FactID    string
	Predicate string   // snake_case label; the edge's type
	Entities  []string // entity ids: the subject's first, then the others
}

// GraphHit is a fact reached from seed entities.
type GraphHit struct {
	FactID string
	Depth  int      // 1: mentions a seed; 2: shares an entity with such a fact
	Path   []string // entity ids walked, the seed first
}

// Graph is the entity graph: which facts touch which entities.
type Graph interface {
	// LinkFacts merges facts and their entities. A fact that is known gets exactly
	// the entities given. At most MaxFactsPerCommit links; a link without entities
	// or with an empty id: Invalid.
	LinkFacts(ctx context.Context, scope Scope, links []Link) error

	// UnlinkFacts removes facts; entities that no fact touches go too. Missing ids
	// are no error. At most MaxFactsPerCommit ids; more: Invalid.
	UnlinkFacts(ctx context.Context, scope Scope, factIDs []string) error

	// Expand returns the facts within depth (1 or 2) of the seeds (1–MaxGraphSeeds
	// entity ids; unknown ones are no error), each fact once with its shortest
	// path, nearest first, then by FactID, at most limit (1–MaxGraphHits). From an
	// entity that more than 200 facts touch it does not walk on to depth 2.
	Expand(ctx context.Context, scope Scope, seeds []string, depth, limit int) ([]GraphHit, error)
}

// OutboxItem is a row of a projection that may not match the truth.
type OutboxItem struct {
	Scope  Scope
	Corpus Corpus
	ID     string // fact id or message key
	Store  Store  // StoreVectors or StoreGraph
	Since  time.Time
}

// Outbox remembers which projections lag behind the truth.
type Outbox interface {
	// PendingItems returns items written before a time, oldest first, of all scopes.
	// limit is 1–MaxPageLimit.
	PendingItems(ctx context.Context, before time.Time, limit int) ([]OutboxItem, error)

	// Acknowledge removes items: the projection matches. An item with a Since leaves a
	// row that was owed again later than that; one without removes the row as it is.
	// Missing ones are no error.
	Acknowledge(ctx context.Context, items []OutboxItem) error
}

// Jobs is the truth about jobs.
type Jobs interface {
	// Begin records an accepted job as Processing; a job that is there is left as it is.
	Begin(ctx context.Context, job Job) error

	// End records how a job ended: Status, Summary, Error, EndedAt, Progress. The
	// first end stays: a second End is no error and changes nothing. A job that Begin
	// never saw is recorded whole.
	End(ctx context.Context, job Job) error

	// GetJob returns a job of the tenant with its outcomes, each with the state of
	// its fact in each store (from the outbox). NotFound if there is none.
	GetJob(ctx context.Context, tenant, id string) (Job, error)

	// ListJobs returns a page of a tenant's jobs without Facts, newest CreatedAt
	// first, then by ID.
	ListJobs(ctx context.Context, tenant string, f ListJobs, p PageRequest) (Page[Job], error)
}

// ListJobs narrows Jobs.ListJobs; empty members do not filter.
type ListJobs struct {
	User   string
	Status JobStatus
}

// EmbedRole says what a text is to the model: e5 models embed questions and passages
// differently.
type EmbedRole string

// The roles of a text.
const (
	EmbedQuery   EmbedRole = "query"
	EmbedPassage EmbedRole = "passage"
)

// EmbeddingModel names what made a vector. Vectors of different models are never compared.
type EmbeddingModel struct {
	ID         string // name, version and what else changes the vectors
	Dimensions int
}

// Embedder turns texts into vectors.
type Embedder interface {
	// Model returns the model; it never changes.
	Model() EmbeddingModel

	// Embed returns one unit vector of Model().Dimensions per text, in order. The
	// vector of a text does not depend on the other texts of the call, nor on the
	// Unicode form (NFC or NFD) of the text. 1–MaxEmbedBatch texts; an empty text,
	// one that is not valid UTF-8, or an unknown role: Invalid. Texts over the
	// model's window are embedded whole, not cut.
	Embed(ctx context.Context, role EmbedRole, texts []string) ([][]float32, error)
}

// Chunk is a part of a conversation that an extractor reads at once.
type Chunk struct {
	Messages      []ChunkMessage
	Context       []Message // read, never extracted from
	ReferenceTime time.Time // anchors relative dates of messages without a timestamp
	Scope         Scope     // for caches; no extractor sends it out
	Metadata      Metadata  // of the request; for caches, as Scope
}

// ChunkMessage is a message with its index in the conversation.
type ChunkMessage struct {
	Index int
	Message
}

// Extraction is an extractor's answer for one chunk.
type Extraction struct {
	Candidates []Candidate   // each validated by the rules of extract.Check
	Rejected   []FactOutcome // items of the answer that were no usable candidate, and why
	Unread     []int         // indexes of messages nothing usable was answered for
	Tokens     Tokens
	Cache      LLMCache
	Saved      Tokens // what the calls took that a cache answered in their place
}

// Extractor finds candidate facts in a chunk.
type Extractor interface {
	// Name returns openai:MODEL or rules.
	Name() string

	// Extract reads one chunk. Sources of every candidate are indexes of Messages,
	// never of Context. An answer that could not be used after all attempts is no
	// error: its messages are Unread. A server that does not answer is Unavailable,
	// Timeout or RateLimited (with RetryAfter); a refused key Unauthenticated.
	Extract(ctx context.Context, chunk Chunk) (Extraction, error)
}

// EpochLife is how long a cache keeps the epochs of a scope that is not written to:
// longer than any value may depend on them.
const EpochLife = 48 * time.Hour

// Cache holds values that may be lost at any time. Keys are made by package cache; a
// key of one user holds the hash tag {Scope.ID}, so that a cluster keeps all of a
// user's on one node.
type Cache interface {
	// GetValues returns the values of the keys that are there and not expired.
	GetValues(ctx context.Context, keys ...string) (map[string][]byte, error)

	// SetValue stores a value for ttl (> 0, else Invalid). The cache keeps its own copy.
	SetValue(ctx context.Context, key string, value []byte, ttl time.Duration) error

	// DeleteValues removes keys; missing ones are no error.
	DeleteValues(ctx context.Context, keys ...string) error

	// ReadScope returns, in one round trip, what GetValues returns and the epochs of a
	// scope by bucket. An epoch that was never set, or is lost, is missing: what
	// depends on it is stale.
	ReadScope(ctx context.Context, scope Scope, keys ...string) (values map[string][]byte, epochs map[string]string, err error)

	// SetEpochs sets epochs of a scope by bucket and leaves its other buckets as they
	// are. They are kept for at least EpochLife after the scope's last SetEpochs,
	// unless the cache is short of memory. An empty bucket or epoch, or more than
	// MaxEpochBuckets of them: Invalid.
	SetEpochs(ctx context.Context, scope Scope, epochs map[string]string) error

	// Lease takes a lease on key for ttl unless another holder has it. ok says
	// whether it was taken; release gives it back early and never another's lease.
	Lease(ctx context.Context, key string, ttl time.Duration) (release func(), ok bool, err error)

	// Publish sends a message to the present subscribers of channel.
	Publish(ctx context.Context, channel string, message []byte) error

	// Subscribe delivers messages of channel published after it returned, until ctx
	// ends; then the Go channel is closed. A subscriber that lags 1,024 messages
	// behind loses the subscription (the Go channel is closed): what it knows is
	// stale and it must start again.
	Subscribe(ctx context.Context, channel string) (<-chan []byte, error)
}

// StartedJob says where an accepted job is found.
type StartedJob struct {
	ID         string
	WorkflowID string
	Replayed   bool // the same idempotency key with the same body was accepted before
}

// Engine runs jobs durably.
type Engine interface {
	// StartJob returns once the request survives the death of every process. With
	// Keyed, the same id with the same BodyHash is Replayed, with another Conflict.
	StartJob(ctx context.Context, r JobRequest) (StartedJob, error)

	// DescribeJob returns what the engine knows of a job: status, progress, times,
	// batch position, error; no facts. NotFound if the engine never saw it, or no
	// longer remembers.
	DescribeJob(ctx context.Context, tenant, id string) (Job, error)
}

// RerankItem is a fact as a Reranker reads it.
type RerankItem struct {
	ID   string
	Text string
}

// Reranker reads a question and the facts found for it, and says which answer it best.
type Reranker interface {
	// Rerank returns ids of items, the best first, each once; items it leaves out follow
	// in their order. 1–MaxRerankItems items, else Invalid. It makes one call, and
	// returns Unavailable, Timeout or RateLimited as an Extractor does.
	Rerank(ctx context.Context, question string, items []RerankItem) ([]string, error)
}

// Searcher answers questions.
type Searcher interface {
	// Search answers before q.Deadline with what it has, naming dropped legs in
	// Degraded. Unavailable only if the truth could not be read. q is valid
	// (gateway and search.Check agree on the limits); anything else is Invalid.
	Search(ctx context.Context, scope Scope, q Query) (Answer, error)
}
