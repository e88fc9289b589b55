package extract

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strconv"
	"time"

	"github.com/pikamem/pika"
)

// FillIDs gives a request's conversation and its messages the ids that the caller
// left out, derived from what was said:
//
//   - the conversation's from the scope and all messages;
//   - a message's from the conversation, its role, name, content and timestamp, and
//     how many equal messages stand before it.
//
// The same content posted again gets the same ids; a conversation posted again with
// more at its end keeps the ids of its old messages when it has an id of its own.
// Ids that are there stay. A request without a conversation is left as it is.
func FillIDs(req *pika.JobRequest) {
	if len(req.Conversation) == 0 {
		return
	}
	prints := make([]string, len(req.Conversation))
	for i, m := range req.Conversation {
		prints[i] = fingerprint(m)
	}
	if req.ConversationID == "" {
		parts := make([]string, 0, 2*len(prints))
		for i, m := range req.Conversation {
			parts = append(parts, m.ID, prints[i])
		}
		req.ConversationID = pika.DeriveID("conversation", req.Scope.ID(), pika.DeriveID(parts...))
	}
	seen := map[string]int{}
	for i := range req.Conversation {
		m := &req.Conversation[i]
		if m.ID == "" {
			m.ID = pika.DeriveID("message-id", req.ConversationID, prints[i], strconv.Itoa(seen[prints[i]]))
			seen[prints[i]]++
		}
	}
}

// fingerprint is equal for messages that say the same, whatever their id.
func fingerprint(m pika.Message) string {
	at := ""
	if m.Timestamp != nil {
		at = moment(*m.Timestamp).Format(time.RFC3339Nano)
	}
	return pika.DeriveID(string(m.Role), m.Name, m.Content, at)
}

// StoredMessages returns a request's messages in the form the truth keeps them, in
// their order. With keep false they carry ids, role, time and content hash only: no
// content, name or metadata. FillIDs comes first.
func StoredMessages(req pika.JobRequest, keep bool) []pika.StoredMessage {
	stored := make([]pika.StoredMessage, len(req.Conversation))
	for i, m := range req.Conversation {
		stored[i] = pika.StoredMessage{
			Key:            pika.MessageKey(req.Scope, req.ConversationID, m.ID),
			ConversationID: req.ConversationID,
			MessageID:      m.ID,
			Role:           m.Role,
			ContentHash:    hash(m.Content),
			At:             saidAt(req, m),
		}
		if keep {
			stored[i].Name, stored[i].Content, stored[i].Metadata = m.Name, m.Content, maps.Clone(req.Metadata)
		}
	}
	return stored
}

// saidAt is when a message was said: its own timestamp, else when the job was accepted.
func saidAt(req pika.JobRequest, m pika.Message) time.Time {
	if m.Timestamp != nil {
		return moment(*m.Timestamp)
	}
	return moment(req.AcceptedAt)
}

// moment brings a time into the form that every store keeps.
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
