package pika

import "time"

// Role says who speaks in a message.
type Role string

// The roles.
const (
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	RoleSystem    Role = "system"
	RoleTool      Role = "tool"
)

// Roles lists every Role once.
func Roles() []Role { return []Role{RoleUser, RoleAssistant, RoleSystem, RoleTool} }

// Message is one turn of a conversation as the caller sent it.
type Message struct {
	ID        string     `json:"id,omitempty"` // the caller's own; derived from the content when empty
	Role      Role       `json:"role"`
	Name      string     `json:"name,omitempty"`
	Content   string     `json:"content"`
	Timestamp *time.Time `json:"timestamp,omitempty"`
}

// StoredMessage is a message in the truth.
type StoredMessage struct {
	Key            string // MessageKey of scope, conversation and message id; the id in Keyword and Vectors
	ConversationID string
	MessageID      string
	Role           Role
	Name           string
	Content        string    // empty when messages are not kept
	ContentHash    string    // hex SHA-256 of the content, kept in either case
	At             time.Time // the message's own timestamp, else when the job was accepted
	Metadata       Metadata
	// Sequence is the message's place among the user's messages in the order they were
	// stored, from 1; neighbours in a conversation have neighbouring ones. The store
	// gives it; 0: not known, as of a message whose content is not kept.
	Sequence int64
}

// SearchText returns what a search finds the message by: who said it, if that is
// known, and what was said. It is empty for a message whose content is not kept.
// Questions often name the speaker ("what did Linh say about …"), whose name a
// message in the first person does not hold.
func (m StoredMessage) SearchText() string {
	if m.Content == "" || m.Name == "" {
		return m.Content
	}
	return m.Name + ": " + m.Content
}

// MessageKey returns the id of a message in the scope's stores.
func MessageKey(scope Scope, conversationID, messageID string) string {
	return DeriveID("message", scope.ID(), conversationID, messageID)
}

// Metadata is the caller's flat object of strings, numbers (float64) and booleans.
type Metadata map[string]any

// Contains reports whether every key of filter is in m with an equal value.
func (m Metadata) Contains(filter Metadata) bool {
	for k, want := range filter {
		if got, ok := m[k]; !ok || got != want {
			return false
		}
	}
	return true
}
