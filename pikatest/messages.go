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

func wantMessages(t *testing.T, truth Truth, scope pika.Scope, want []pika.StoredMessage, keys ...string) {
	t.Helper()
	got, err := truth.GetMessages(t.Context(), scope, keys)
	if err != nil {
		t.Fatalf("GetMessages = %v", err)
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
