package pika

// Every limit of the contract, once.
const (
	MaxBodyBytes           = 1 << 20 // a request body
	MaxIDBytes             = 256     // user_id, conversation_id, message id
	MaxConversationLen     = 200     // messages of one conversation
	MaxContextLen          = 200     // context messages of one conversation
	MaxMessageBytes        = 32_768  // content of one message
	MaxNameBytes           = 256     // name of a speaker, of an entity
	MaxBatchLen            = 100     // conversations of one batch
	MaxFactsPerCommit      = 1000    // facts of one POST /v1/facts, and of one Commit
	MaxFactBytes           = 2_048   // text of one fact
	MaxObjectBytes         = 512     // subject and object of a fact
	MaxLabelBytes          = 64      // predicate, category, entity type
	MaxEntities            = 32      // entities of one fact
	MaxSources             = 200     // sources named by one candidate
	MaxMetadataBytes       = 8 << 10 // metadata as JSON
	MaxIdempotencyKeyBytes = 255
	MaxQueryBytes          = 2_048
	DefaultSearchLimit     = 10  // facts of an answer to who names no number
	MaxSearchLimit         = 100 // facts of one answer
	MaxSearchMessages      = 50  // messages of one answer
	MaxRerankItems         = 30
	MaxRelated             = 20
	DefaultContextTokens   = 1000   // of GET /v1/users/{user_id}/context
	MaxContextTokens       = 32_000 // the same
	MinDeadlineMS          = 5
	MaxDeadlineMS          = 10_000
	MaxWaitMS              = 30_000
	DefaultPageLimit       = 50
	MaxPageLimit           = 1000
	MaxVectorBatch         = 1000     // rows of one Vectors.Upsert or Delete
	MaxVectorLimit         = 16_384   // hits of one Vectors.Search
	MaxKeywordLimit        = 1000     // hits of one Keyword.Search
	MaxKeywordGroups       = 1024     // groups of one KeywordQuery
	MaxKeywordTerms        = 4096     // alternatives of one KeywordQuery, all groups together
	MaxTermBytes           = 256      // a term of a keyword index
	MaxTermWeight          = 4        // weight of one alternative
	MaxVocabulary          = 50_000   // terms of one Keyword.Vocabulary
	MaxEmbedBatch          = 256      // texts of one Embedder.Embed
	MaxGraphSeeds          = 8        // seed entities of one Graph.Expand
	MaxGraphHits           = 200      // facts of one Graph.Expand
	MaxEpochBuckets        = 64       // epoch buckets of one scope
	MaxKeptAnswers         = 256      // answers of a user that QueryCache keeps
	MaxKeptAnswerBytes     = 64 << 10 // one of them
	MaxKeptKeys            = 64       // keys of one QueryCache.KeptAnswers
	MaxNotedSearches       = 1000     // of one QueryCache.NoteSearches
	MaxAskedQueries        = 1000     // questions of a user that QueryCache counts
	MaxChanges             = 64       // changes of a user that the truth keeps
	MaxChangeIDs           = 200      // ids that one of them names
)
