package pika

import (
	"context"
	"time"
)

// QueryCache is the third tier of answers (L3), beside the truth: answers that outlive
// processes and Redis, and what is asked how often. Its answers may be lost at any time;
// what they say is opaque to it.
//
// A question is known by two names: Key names it for one user (package cache makes it), and
// Query is what is asked, the same for all users.
type QueryCache interface {
	// KeptAnswers returns the values under keys (1–MaxKeptKeys), those that are there and
	// whose Until is after now.
	KeptAnswers(ctx context.Context, scope Scope, now time.Time, keys ...string) (map[string][]byte, error)

	// KeepAnswer keeps an answer; one under the same key is replaced. Of a user the
	// MaxKeptAnswers that were kept or asked for last stay. An answer made from a Version
	// that the user's memory has left is not kept, which is no error: it may hold text that
	// was removed meanwhile. A value of more than MaxKeptAnswerBytes, or of none: Invalid.
	KeepAnswer(ctx context.Context, scope Scope, a KeptAnswer) error

	// DropAnswers removes all answers of a user and returns how many; what he asked stays
	// known. The truth drops them in the transaction that removes the text of a fact or of
	// a message: they may hold it.
	DropAnswers(ctx context.Context, scope Scope) (int, error)

	// ExpireAnswers removes up to limit (1–MaxPageLimit) answers, of any user, whose Until
	// is not after now, and returns how many: 0 when none is left.
	ExpireAnswers(ctx context.Context, now time.Time, limit int) (int, error)

	// NoteSearches adds to what is known of how often questions are asked. Of a user the
	// MaxAskedQueries that were asked or kept last stay known. At most MaxNotedSearches, of
	// any users; more, and counts below 0: Invalid.
	NoteSearches(ctx context.Context, searches []NotedSearch) error

	// RefreshPopular makes PopularSearches as of now. Of several processes that ask at the
	// same time one does it, and the others return false.
	RefreshPopular(ctx context.Context, now time.Time) (refreshed bool, err error)

	// PopularSearches returns what several users of a tenant ask, as of the last
	// RefreshPopular, the highest Rank first, at most limit (1–MaxPageLimit; so many are
	// kept of a tenant). What one user
	// alone asks is not among them: it may name what is only his.
	PopularSearches(ctx context.Context, tenant string, limit int) ([]PopularSearch, error)

	// UserSearches returns what one user asks, the highest Rank first, as of now.
	UserSearches(ctx context.Context, scope Scope, now time.Time, limit int) ([]PopularSearch, error)

	// ActiveUsers returns who asked anything since a time, lately first, of one tenant, of
	// all tenants if it is empty; at most limit (1–MaxPageLimit). Answers made ahead are
	// asked for by nobody.
	ActiveUsers(ctx context.Context, tenant string, since time.Time, limit int) ([]Scope, error)
}

// KeptAnswer is an answer as L3 keeps it.
type KeptAnswer struct {
	Key     string // 1–256 bytes
	Query   Query  // Deadline, Cache and Explain do not count
	Value   []byte
	Until   time.Time // it may not be given from then on
	Version int64     // of the memory that it was made from, or found to hold for (Changes.Version)
}

// NotedSearch counts searches for one question of one user.
type NotedSearch struct {
	Scope Scope
	Key   string    // as in KeptAnswer
	Query Query     // as in KeptAnswer
	At    time.Time // of the last one

	Searches int // asked for by callers
	Warmed   int // answered ahead, asked for by nobody
	Read     int // answers made ahead that a caller got, each counted once
}

// PopularSearch is a question, and how often it is asked.
type PopularSearch struct {
	Query    Query
	Searches float64 // each counts half after SearchHalfLife
	Users    int     // who asked it
	Warmed   float64 // answers made ahead, and how many of them a caller got; as Searches
	Read     float64

	// Rank orders: Searches × (Read+1)/(Warmed+1), so that what is made ahead and not read
	// gives way to others.
	Rank float64
}

// SearchHalfLife is how long it takes until a search counts half.
const SearchHalfLife = 7 * 24 * time.Hour

// AnswerClass says what the time that an answer is kept follows from.
type AnswerClass string

// The classes.
const (
	AnswerOften  AnswerClass = "often"  // asked for often
	AnswerRarely AnswerClass = "rarely" // all others
	AnswerFresh  AnswerClass = "fresh"  // one of its facts is new
)

// AnswerClasses lists every AnswerClass once.
func AnswerClasses() []AnswerClass { return []AnswerClass{AnswerOften, AnswerRarely, AnswerFresh} }

// AnswerUse counts what became of the answers of a class.
type AnswerUse struct {
	Class  AnswerClass
	Hits   int64 // given again
	Misses int64 // asked for and not there any more, because their time was over
}

// AnswerTTL is how long the answers of a class are kept, and why.
type AnswerTTL struct {
	Class   AnswerClass
	TTL     time.Duration
	Hits    int64 // that the last tuning read
	Misses  int64
	Reason  string    // what the last tuning decided, a sentence
	TunedAt time.Time // zero: it never was
}

// AnswerTTLs keeps, for all processes, how long answers are kept.
type AnswerTTLs interface {
	// NoteAnswerUse adds to the counts since the last tuning. An unknown class, or a count
	// below 0: Invalid; nothing is added.
	NoteAnswerUse(ctx context.Context, use []AnswerUse) error

	// AnswerUse returns the counts since the last tuning, of each class that has any, in the
	// order of their names.
	AnswerUse(ctx context.Context) ([]AnswerUse, error)

	// AnswerTTLs returns what was tuned, of each class that ever was, in the order of their
	// names.
	AnswerTTLs(ctx context.Context) ([]AnswerTTL, error)

	// TuneAnswerTTLs replaces the times of classes, and takes Hits and Misses off their
	// counts since the last tuning, in one transaction. A TTL must be above 0, else Invalid.
	TuneAnswerTTLs(ctx context.Context, ttls []AnswerTTL) error
}
