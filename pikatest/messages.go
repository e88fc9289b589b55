package pikatest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/pikamem/pika"
)

// said returns a message of conversation c1.
func said(scope pika.Scope, id, content string) pika.StoredMessage {
	sum := sha256.Sum256([]byte(content))
	return pika.StoredMessage{
		Key: pika.MessageKey(scope, "c1", id), ConversationID: "c1", MessageID: id, Role: pika.RoleUser, Name: "Linh",
		Content: content, ContentHash: hex.EncodeToString(sum[:]), At: day(3), Metadata: pika.Metadata{"channel": "app"},
	}
}

func put(t *testing.T, truth Truth, scope pika.Scope, messages ...pika.StoredMessage) {
	t.Helper()
	if err := truth.PutMessages(t.Context(), scope, messages); err != nil {
		t.Fatalf("PutMessages = %v", err)
	}
}

// wantMessages compares messages but for their places, of which those have one that are
// found by words.
func wantMessages(t *testing.T, truth Truth, scope pika.Scope, want []pika.StoredMessage, keys ...string) {
	t.Helper()
	got, err := truth.GetMessages(t.Context(), scope, keys)
	if err != nil {
		t.Fatalf("GetMessages = %v", err)
	}
	for i := range got {
		if m := &got[i]; (m.Sequence > 0) != (m.Content != "") {
			t.Errorf("the message %s has the content %q and the place %d", m.Key, m.Content, m.Sequence)
		}
		got[i].Sequence = 0
	}
	wantSame(t, "GetMessages", got, want)
}

func testMessages(t *testing.T, truth Truth) {
	a, b := said(alice, "m1", "Tôi có con mèo tên Mướp"), said(alice, "m2", "it's 100% \"mine\" 😀")
	a.At = a.At.Add(1500 * time.Nanosecond)
	put(t, truth, alice, a, b)
	put(t, truth, alice)
	a.At = a.At.Truncate(time.Microsecond)
	wantMessages(t, truth, alice, []pika.StoredMessage{b, a}, b.Key, "none", a.Key)
	wantMessages(t, truth, alice, nil)
	wantSame(t, "search", search(t, truth, alice, pika.CorpusMessages, "con meo"), []string{a.Key})
	wantSame(t, "search among facts", search(t, truth, alice, pika.CorpusFacts, "con meo"), []string{})
	for _, item := range pending(t, truth) {
		if item.Corpus != pika.CorpusMessages || item.Store != pika.StoreVectors || item.Scope != alice {
			t.Errorf("outbox item %+v; want the vectors of messages", item)
		}
	}
	wantSame(t, "owed", len(pending(t, truth)), 2)
	for i, s := range awkward {
		m := said(alice, fmt.Sprint("awkward", i), s)
		m.Name, m.ConversationID, m.MessageID = s, s, s
		put(t, truth, alice, m)
		wantMessages(t, truth, alice, []pika.StoredMessage{m}, m.Key)
	}
}

func testMessagesReplaced(t *testing.T, truth Truth) {
	first, changed := said(alice, "m1", "likes tea"), said(alice, "m1", "likes coffee")
	put(t, truth, alice, first)
	if err := truth.Acknowledge(t.Context(), pending(t, truth)); err != nil {
		t.Fatal(err)
	}
	same := first
	same.Name = "Someone"
	put(t, truth, alice, same)
	wantMessages(t, truth, alice, []pika.StoredMessage{first}, first.Key)
	wantSame(t, "owed for the same content", len(pending(t, truth)), 0)

	put(t, truth, alice, changed, said(alice, "m2", "one"), said(alice, "m2", "two"))
	wantMessages(t, truth, alice, []pika.StoredMessage{changed, said(alice, "m2", "two")}, first.Key, pika.MessageKey(alice, "c1", "m2"))
	wantSame(t, "search for the old content", search(t, truth, alice, pika.CorpusMessages, "tea one"), []string{})
	wantSame(t, "search for the new", search(t, truth, alice, pika.CorpusMessages, "coffee"), []string{first.Key})
	wantSame(t, "owed", len(pending(t, truth)), 2)

	put(t, truth, bob, said(bob, "m1", "likes coffee"), said(bob, "m2", "two"))
	for _, query := range []string{"coffee", "likes two"} {
		wantSame(t, "scores beside a user who never said otherwise",
			sortedScores(scored(t, truth, alice, pika.CorpusMessages, query, 9)), sortedScores(scored(t, truth, bob, pika.CorpusMessages, query, 9)))
	}
}

func testMessagesNotKept(t *testing.T, truth Truth) {
	m := said(alice, "m1", "likes tea")
	m.Content = ""
	put(t, truth, alice, m)
	wantMessages(t, truth, alice, []pika.StoredMessage{m}, m.Key)
	wantSame(t, "search", search(t, truth, alice, pika.CorpusMessages, "tea"), []string{})
	wantSame(t, "owed", len(pending(t, truth)), 0)
}

func testMessageIsolation(t *testing.T, truth Truth) {
	m := said(alice, "m1", "likes tea")
	put(t, truth, alice, m)
	for _, scope := range []pika.Scope{bob, mallory} {
		wantMessages(t, truth, scope, nil, m.Key)
		wantSame(t, "search by another", search(t, truth, scope, pika.CorpusMessages, "tea"), []string{})
		stolen := m
		stolen.Content, stolen.ContentHash = "stolen", "other"
		put(t, truth, scope, stolen)
	}
	wantMessages(t, truth, alice, []pika.StoredMessage{m}, m.Key)
}

func testMessageLimits(t *testing.T, truth Truth) {
	messages := make([]pika.StoredMessage, pika.MaxConversationLen+1)
	for i := range messages {
		messages[i] = said(alice, fmt.Sprint("m", i), fmt.Sprintf("number %d", i))
	}
	wantCode(t, "PutMessages of one too many", truth.PutMessages(t.Context(), alice, messages), pika.Invalid)
	wantMessages(t, truth, alice, nil, messages[0].Key)
	put(t, truth, alice, messages[:pika.MaxConversationLen]...)
	if hits := scored(t, truth, alice, pika.CorpusMessages, "number", 1000); len(hits) != pika.MaxConversationLen {
		t.Errorf("%d messages are found; want %d", len(hits), pika.MaxConversationLen)
	}
}

// sequences returns the messages' places in the order they were stored; 0: none.
func sequences(t *testing.T, truth Truth, scope pika.Scope, ids ...string) []int64 {
	t.Helper()
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = said(scope, id, "").Key
	}
	messages, err := truth.GetMessages(t.Context(), scope, keys)
	if err != nil || len(messages) != len(ids) {
		t.Fatalf("GetMessages = %d messages, %v; want %d", len(messages), err, len(ids))
	}
	at := make([]int64, len(ids))
	for i, m := range messages {
		at[i] = m.Sequence
	}
	return at
}

func testMessageSequence(t *testing.T, truth Truth) {
	of := func(id, content string) pika.StoredMessage {
		m := said(alice, id, content)
		m.Sequence = 7 // the store gives its own
		return m
	}
	bare := of("bare", "")
	put(t, truth, alice, of("z", "one"), of("a", "two"), bare, of("m", "three"))
	put(t, truth, bob, said(bob, "z", "one"))
	corpus(t, truth, alice, "j", "a fact")
	put(t, truth, alice, of("k", "four"))
	wantSame(t, "places of new messages", sequences(t, truth, alice, "z", "a", "m", "k", "bare"), []int64{1, 2, 3, 4, 0})
	wantSame(t, "places of another user's", sequences(t, truth, bob, "z"), []int64{1})

	put(t, truth, alice, of("z", "one"), of("new", "five"), of("a", "other"), of("last", "six"), of("new", "seven"))
	wantSame(t, "the place of one that was there", sequences(t, truth, alice, "z"), []int64{1})
	at := sequences(t, truth, alice, "new", "a", "last")
	wantSame(t, "places of new and replaced messages of one call", at, []int64{at[0], at[0] + 1, at[0] + 2})
	if at[0] <= 4 {
		t.Errorf("messages stored later have places from %d on; want them after 4", at[0])
	}
}
