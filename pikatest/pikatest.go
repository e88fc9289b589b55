package pikatest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/text"
)

// Truth is a store of facts, messages, jobs and what else is known of them as one: its
// parts share transactions, so their suites test them together.
type Truth interface {
	pika.Facts
	pika.Messages
	pika.Keyword
	pika.Outbox
	pika.Changes
	pika.Jobs
	pika.RawVectors
	pika.Census
	pika.Models
	pika.APIKeys
	pika.QueryCache
	pika.AnswerTTLs
	Close() error
}

// TruthConfig says how the suites of the truth's ports (Facts, Jobs, RawVectors, Census,
// Models, APIKeys, QueryCache, AnswerTTLs) reach an implementation.
type TruthConfig struct {
	// Open opens the store that dir names: empty at first, and with what was
	// written before when the same dir is opened again after Close. Several stores
	// may be open at once under different dirs.
	Open func(t *testing.T, dir string) Truth
}

// truthSuite runs cases, each on a store of its own.
type truthSuite struct{ config TruthConfig }

func (s truthSuite) run(t *testing.T, cases map[string]func(*testing.T, Truth)) {
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			truth := s.config.Open(t, t.TempDir())
			t.Cleanup(func() {
				if err := truth.Close(); err != nil {
					t.Errorf("Close() = %v", err)
				}
			})
			test(t, truth)
		})
	}
}

// alice is whose memory most cases write to; the others must never see it.
var (
	alice   = pika.Scope{Tenant: "acme", User: "alice"}
	bob     = pika.Scope{Tenant: "acme", User: "bob"}
	mallory = pika.Scope{Tenant: "evil", User: "alice"}
)

// day returns noon of the n-th day of a fixed month, in UTC.
func day(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }

// claim returns a fact that is complete as extract.NewFact would make it.
func claim(scope pika.Scope, job string, item int, statement string) pika.Fact {
	f := pika.Fact{
		ID: pika.FactID(scope, job, 0, item), UserID: scope.User, Text: statement,
		Subject: pika.DefaultSubject, Predicate: pika.DefaultPredicate, Category: pika.DefaultCategory,
		Language: "en", Confidence: 1, EffectiveAt: day(1), Extractor: "caller",
		Sources: []pika.Source{{ConversationID: "c1", MessageID: job + "/" + strconv.Itoa(item)}},
	}
	return withKeys(f)
}

// withKeys fills the identity keys in.
func withKeys(f pika.Fact) pika.Fact {
	sum := sha256.Sum256([]byte(text.Normalize(f.Text) + "\x00" + f.Subject + "\x00" + strconv.FormatBool(f.Negated)))
	f.ContentHash = hex.EncodeToString(sum[:])
	f.SubjectKey, f.ObjectKey = text.Fold(f.Subject), text.Fold(f.Object)
	return f
}

// home returns the fact that the user lives in a town from a day on.
func home(scope pika.Scope, job string, town string, from time.Time) pika.Fact {
	f := claim(scope, job, 0, "User lives in "+town)
	f.Predicate, f.Object, f.EffectiveAt = "lives_in", town, from
	return withKeys(f)
}

// commit commits facts as chunk 0 of a job and returns the outcomes.
func commit(t *testing.T, truth Truth, scope pika.Scope, job string, facts ...pika.Fact) []pika.FactOutcome {
	t.Helper()
	outcomes, err := truth.Commit(t.Context(), scope, pika.Commit{JobID: job, Facts: facts, At: day(20)})
	if err != nil {
		t.Fatalf("Commit(%s, %d facts) = %v", job, len(facts), err)
	}
	if len(outcomes) != len(facts) {
		t.Fatalf("Commit(%s) returned %d outcomes for %d facts", job, len(outcomes), len(facts))
	}
	return outcomes
}

func verdicts(outcomes []pika.FactOutcome) []pika.Verdict {
	all := make([]pika.Verdict, len(outcomes))
	for i, o := range outcomes {
		all[i] = o.Outcome
	}
	return all
}

// find returns a fact that must be there.
func find(t *testing.T, truth Truth, scope pika.Scope, id string) pika.Fact {
	t.Helper()
	f, err := truth.Find(t.Context(), scope.Tenant, id)
	if err != nil {
		t.Fatalf("Find(%s) = %v", id, err)
	}
	return f
}

// wantCode reports an error that has not the code wanted.
func wantCode(t *testing.T, what string, err error, want pika.Code) {
	t.Helper()
	if got := pika.CodeOf(err); got != want {
		t.Errorf("%s = %v; want code %q", what, err, want)
	}
}

// wantSame reports a difference; nil and empty lists and maps are the same.
func wantSame(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// search returns the ids a query finds, best first.
func search(t *testing.T, truth Truth, scope pika.Scope, corpus pika.Corpus, query string) []string {
	t.Helper()
	hits := scored(t, truth, scope, corpus, query, 10)
	ids := make([]string, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
	}
	return ids
}

// scored returns what the plain query of a text finds.
func scored(t *testing.T, truth Truth, scope pika.Scope, corpus pika.Corpus, query string, limit int) []pika.Scored {
	t.Helper()
	return asked(t, truth, scope, corpus, keyword.Query(query), limit)
}

func asked(t *testing.T, truth Truth, scope pika.Scope, corpus pika.Corpus, query pika.KeywordQuery, limit int) []pika.Scored {
	t.Helper()
	hits, err := truth.SearchKeyword(t.Context(), scope, corpus, query, limit)
	if err != nil {
		t.Fatalf("SearchKeyword(%v) = %v", query, err)
	}
	return hits
}

// pending returns all items of the outbox.
func pending(t *testing.T, truth Truth) []pika.OutboxItem {
	t.Helper()
	items, err := truth.PendingItems(t.Context(), time.Now().AddDate(100, 0, 0), pika.MaxPageLimit)
	if err != nil {
		t.Fatalf("PendingItems = %v", err)
	}
	return items
}

// operations are every method of a truth, for the rules that hold for all of them.
func operations(truth Truth) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Commit": func(ctx context.Context) error {
			_, err := truth.Commit(ctx, alice, pika.Commit{JobID: "late", Facts: []pika.Fact{claim(alice, "late", 0, "too late")}, At: day(20)})
			return err
		},
		"Get":  func(ctx context.Context) error { _, err := truth.Get(ctx, alice, []string{"x"}); return err },
		"Find": func(ctx context.Context) error { _, err := truth.Find(ctx, alice.Tenant, "x"); return err },
		"List": func(ctx context.Context) error {
			_, err := truth.List(ctx, alice, pika.ListFacts{}, pika.PageRequest{Limit: 1})
			return err
		},
		"Delete": func(ctx context.Context) error { _, err := truth.Delete(ctx, alice.Tenant, "x", day(20)); return err },
		"Matching": func(ctx context.Context) error {
			_, _, err := truth.Matching(ctx, alice, pika.Filters{}, 1)
			return err
		},
		"History": func(ctx context.Context) error { _, err := truth.History(ctx, alice.Tenant, "x"); return err },
		"PutMessages": func(ctx context.Context) error {
			return truth.PutMessages(ctx, alice, []pika.StoredMessage{said(alice, "late", "too late")})
		},
		"GetMessages": func(ctx context.Context) error { _, err := truth.GetMessages(ctx, alice, []string{"x"}); return err },
		"SearchKeyword": func(ctx context.Context) error {
			_, err := truth.SearchKeyword(ctx, alice, pika.CorpusFacts, keyword.Query("late"), 1)
			return err
		},
		"Vocabulary": func(ctx context.Context) error {
			_, err := truth.Vocabulary(ctx, alice, pika.CorpusFacts, 1)
			return err
		},
		"KeywordState": func(ctx context.Context) error {
			_, err := truth.KeywordState(ctx, alice)
			return err
		},
		"Version":      func(ctx context.Context) error { _, err := truth.Version(ctx, alice); return err },
		"ChangesSince": func(ctx context.Context) error { _, _, err := truth.ChangesSince(ctx, alice, 0); return err },
		"NoteChange": func(ctx context.Context) error {
			_, err := truth.NoteChange(ctx, alice, pika.Change{Everything: true})
			return err
		},
		"PendingItems": func(ctx context.Context) error { _, err := truth.PendingItems(ctx, day(20), 1); return err },
		"Acknowledge": func(ctx context.Context) error {
			return truth.Acknowledge(ctx, []pika.OutboxItem{{Scope: alice, Corpus: pika.CorpusFacts, ID: "x", Store: pika.StoreVectors}})
		},
		"Begin":  func(ctx context.Context) error { return truth.Begin(ctx, accepted(alice, "late", day(1))) },
		"End":    func(ctx context.Context) error { return truth.End(ctx, ended(accepted(alice, "late", day(1)))) },
		"GetJob": func(ctx context.Context) error { _, err := truth.GetJob(ctx, alice.Tenant, "x"); return err },
		"ListJobs": func(ctx context.Context) error {
			_, err := truth.ListJobs(ctx, alice.Tenant, pika.ListJobs{}, pika.PageRequest{Limit: 1})
			return err
		},
		"PutRawVectors": func(ctx context.Context) error {
			return truth.PutRawVectors(ctx, alice, pika.CorpusFacts, modelOne, []pika.Vector{raw("late", 0.1)})
		},
		"RawVectors": func(ctx context.Context) error {
			_, err := truth.RawVectors(ctx, alice, pika.CorpusFacts, modelOne, []string{"x"})
			return err
		},
		"ListRawVectors": func(ctx context.Context) error {
			_, err := truth.ListRawVectors(ctx, alice, pika.CorpusFacts, modelOne, "", 1)
			return err
		},
		"UnsettledVectors": func(ctx context.Context) error {
			_, err := truth.UnsettledVectors(ctx, alice, pika.CorpusFacts, modelOne, day(1), 1)
			return err
		},
		"DeleteRawVectors": func(ctx context.Context) error {
			return truth.DeleteRawVectors(ctx, alice, pika.CorpusFacts, []string{"x"})
		},
		"DropRawVectors": func(ctx context.Context) error { _, err := truth.DropRawVectors(ctx, modelOne, 1); return err },
		"WantedRows of the vectors": func(ctx context.Context) error {
			_, err := truth.WantedRows(ctx, pika.StoreVectors, pika.CorpusFacts, modelOne, pika.RowRange{Limit: 1})
			return err
		},
		"WantedRows of the graph": func(ctx context.Context) error {
			_, err := truth.WantedRows(ctx, pika.StoreGraph, pika.CorpusFacts, modelOne, pika.RowRange{Limit: 1})
			return err
		},
		"ScopesByID":  func(ctx context.Context) error { _, err := truth.ScopesByID(ctx, []string{alice.ID()}); return err },
		"ActiveModel": func(ctx context.Context) error { _, err := truth.ActiveModel(ctx); return err },
		"ClaimModel":  func(ctx context.Context) error { _, err := truth.ClaimModel(ctx, active(modelOne, "late")); return err },
		"SwitchModel": func(ctx context.Context) error {
			return truth.SwitchModel(ctx, active(modelOne, ""), active(modelTwo, ""))
		},
		"CreateAPIKey": func(ctx context.Context) error { return truth.CreateAPIKey(ctx, apiKey("late", "acme")) },
		"ListAPIKeys":  func(ctx context.Context) error { _, err := truth.ListAPIKeys(ctx, "acme"); return err },
		"RevokeAPIKey": func(ctx context.Context) error { return truth.RevokeAPIKey(ctx, "acme", "x", day(1)) },
		"KeptAnswers":  func(ctx context.Context) error { _, err := truth.KeptAnswers(ctx, alice, day(1), "x"); return err },
		"KeepAnswer": func(ctx context.Context) error {
			return truth.KeepAnswer(ctx, alice, keptAnswer("late", "late", day(20)))
		},
		"DropAnswers":   func(ctx context.Context) error { _, err := truth.DropAnswers(ctx, alice); return err },
		"ExpireAnswers": func(ctx context.Context) error { _, err := truth.ExpireAnswers(ctx, day(20), 1); return err },
		"NoteSearches": func(ctx context.Context) error {
			return truth.NoteSearches(ctx, []pika.NotedSearch{noted(alice, "late", day(20), 1, 0, 0)})
		},
		"RefreshPopular":  func(ctx context.Context) error { _, err := truth.RefreshPopular(ctx, day(20)); return err },
		"PopularSearches": func(ctx context.Context) error { _, err := truth.PopularSearches(ctx, "acme", 1); return err },
		"UserSearches":    func(ctx context.Context) error { _, err := truth.UserSearches(ctx, alice, day(20), 1); return err },
		"ActiveUsers":     func(ctx context.Context) error { _, err := truth.ActiveUsers(ctx, "acme", day(1), 1); return err },
		"NoteAnswerUse": func(ctx context.Context) error {
			return truth.NoteAnswerUse(ctx, []pika.AnswerUse{{Class: pika.AnswerOften, Hits: 1}})
		},
		"AnswerUse":  func(ctx context.Context) error { _, err := truth.AnswerUse(ctx); return err },
		"AnswerTTLs": func(ctx context.Context) error { _, err := truth.AnswerTTLs(ctx); return err },
		"TuneAnswerTTLs": func(ctx context.Context) error {
			return truth.TuneAnswerTTLs(ctx, []pika.AnswerTTL{{Class: pika.AnswerOften, TTL: time.Hour, TunedAt: day(20)}})
		},
	}
}

// testContexts checks that a context that has ended makes every method say so and
// change nothing.
func testContexts(t *testing.T, truth Truth) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, release := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer release()
	for name, call := range operations(truth) {
		if err := call(cancelled); !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a cancelled context = %v", name, err)
		}
		if err := call(late); !errors.Is(err, context.DeadlineExceeded) || pika.CodeOf(err) != pika.Timeout {
			t.Errorf("%s past its deadline = %v; want code timeout", name, err)
		}
	}
	if got := pending(t, truth); len(got) != 0 {
		t.Errorf("%d rows in the outbox after calls that failed", len(got))
	}
	_, err := truth.GetJob(t.Context(), alice.Tenant, "late")
	wantCode(t, "GetJob after a Begin that failed", err, pika.NotFound)
	_, err = truth.ActiveModel(t.Context())
	wantCode(t, "ActiveModel after a ClaimModel that failed", err, pika.NotFound)
	wantRaw(t, truth, alice, modelOne)
	wantKeysOf(t, truth, "")
	wantAnswers(t, truth, alice, day(1), nil, "late")
	wantActive(t, truth, "", day(1))
}
