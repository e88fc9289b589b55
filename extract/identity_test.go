package extract_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
)

func post(conversation string, contents ...string) pika.JobRequest {
	req := pika.JobRequest{Scope: pika.Scope{Tenant: "t", User: "u"}, ConversationID: conversation, AcceptedAt: *at("2026-11-01T00:00:00Z")}
	for _, c := range contents {
		req.Conversation = append(req.Conversation, pika.Message{Role: pika.RoleUser, Content: c})
	}
	extract.FillIDs(&req)
	return req
}

func ids(req pika.JobRequest) []string {
	got := []string{}
	for _, m := range req.Conversation {
		got = append(got, m.ID)
	}
	return got
}

func TestFillIDs(t *testing.T) {
	t.Parallel()
	first, again := post("", "a", "ok", "ok"), post("", "a", "ok", "ok")
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the same post has other ids:\n%s", diff)
	}
	got := ids(first)
	if !pika.IsID(first.ConversationID) || !pika.IsID(got[0]) || got[1] == got[2] {
		t.Errorf("conversation %q, ids %q", first.ConversationID, got)
	}
	if other := post("", "a", "ok", "no"); other.ConversationID == first.ConversationID {
		t.Error("other content has the same conversation id")
	}
	c7, longer := post("c7", "a", "ok"), post("c7", "a", "ok", "ok", "b")
	if diff := cmp.Diff(ids(c7), ids(longer)[:2]); diff != "" {
		t.Errorf("an appended post changes old ids:\n%s", diff)
	}
	if c8 := post("c8", "a"); ids(c8)[0] == ids(c7)[0] {
		t.Error("the same message of another conversation has the same id")
	}
}

func TestFillIDsKeepsCallersIDs(t *testing.T) {
	t.Parallel()
	req := pika.JobRequest{ConversationID: "c", Conversation: []pika.Message{{ID: "m1", Content: "a"}, {Content: "a"}}}
	extract.FillIDs(&req)
	before := ids(req)
	extract.FillIDs(&req)
	if got := ids(req); req.ConversationID != "c" || got[0] != "m1" || got[1] == "" || !cmp.Equal(before, got) {
		t.Errorf("FillIDs = %q, then %q", before, got)
	}
	var empty pika.JobRequest
	extract.FillIDs(&empty)
	if empty.ConversationID != "" {
		t.Error("FillIDs named a conversation without messages")
	}
}

func TestStoredMessages(t *testing.T) {
	t.Parallel()
	req := post("c7", "Tôi có con mèo", "b")
	req.Conversation[0].Name = "Linh"
	req.Conversation[1].Timestamp = at("2026-10-01T07:00:00.1234567+07:00")
	req.Metadata = pika.Metadata{"channel": "app"}

	kept := extract.StoredMessages(req, true)
	m := kept[0]
	if m.Key != pika.MessageKey(req.Scope, "c7", m.MessageID) || m.Content != "Tôi có con mèo" || m.Name != "Linh" || !m.At.Equal(req.AcceptedAt) {
		t.Errorf("StoredMessages[0] = %+v", m)
	}
	if got, want := kept[1].At, *at("2026-10-01T00:00:00.123456Z"); got != want {
		t.Errorf("At = %s; want %s", got, want)
	}
	bare := extract.StoredMessages(req, false)
	if b := bare[0]; b.Content != "" || b.Name != "" || b.Metadata != nil || b.ContentHash != m.ContentHash || len(b.ContentHash) != 64 || b.Key != m.Key {
		t.Errorf("without keeping: %+v", b)
	}
}
