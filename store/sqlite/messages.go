package sqlite

import (
	"context"
	"database/sql"
	"errors"

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
	return db.write(ctx, "put messages", func(tx querier) error {
		key, _, err := db.scopeKey(ctx, tx, scope, true)
		if err != nil {
			return err
		}
		var changed []pika.StoredMessage
		for _, m := range truth.LastOfEach(messages, keyOf) {
			same, err := db.takeOut(ctx, tx, key, m)
			if err != nil {
				return err
			}
			if !same {
				changed = append(changed, m)
			}
		}
		if len(changed) == 0 {
			return nil
		}
		if err := db.insertMessages(ctx, tx, key, changed); err != nil {
			return err
		}
		return noteChange(ctx, tx, key, changeOf(changed))
	})
}

func changeOf(messages []pika.StoredMessage) pika.Change {
	c := pika.Change{}
	for _, m := range messages {
		c.Messages = append(c.Messages, m.Key)
	}
	return c
}

func keyOf(m *pika.StoredMessage) string { return m.Key }

// takeOut removes the message that m replaces, with the vectors of its former content,
// unless it is the same.
func (db *DB) takeOut(ctx context.Context, tx querier, key int64, m pika.StoredMessage) (same bool, err error) {
	var hash string
	var old pika.StoredMessage
	var document sql.Null[uint32]
	err = tx.QueryRowContext(ctx, "SELECT content_hash, name, content, document FROM messages WHERE scope = ? AND id = ?", key, m.Key).
		Scan(&hash, &old.Name, &old.Content, &document)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil || hash == m.ContentHash {
		return err == nil, err
	}
	if document.Valid {
		indexed := keyword.Count(old.SearchText())
		indexed.Number = document.V
		if err := removeDocument(ctx, tx, key, truth.MessagesKey, indexed); err != nil {
			return false, err
		}
		if err := owe(ctx, tx, key, truth.MessagesKey, m.Key, pika.StoreVectors, db.now()); err != nil {
			return false, err
		}
	}
	if err := dropRaw(ctx, tx, key, truth.MessagesKey, m.Key); err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, dropAnswers, key); err != nil {
		return false, err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM messages WHERE scope = ? AND id = ?", key, m.Key)
	return false, err
}

func (db *DB) insertMessages(ctx context.Context, tx querier, key int64, messages []pika.StoredMessage) error {
	var documents []keyword.Document
	for _, m := range messages {
		if m.Content != "" {
			documents = append(documents, keyword.Count(m.SearchText()))
		}
	}
	document, err := addDocuments(ctx, tx, key, truth.MessagesKey, documents)
	if err != nil {
		return err
	}
	for _, m := range messages {
		var number sql.Null[uint32]
		if m.Content != "" {
			number = sql.Null[uint32]{V: document, Valid: true}
			document++
		}
		if err := db.insertMessage(ctx, tx, key, number, m); err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) insertMessage(ctx context.Context, tx querier, key int64, document sql.Null[uint32], m pika.StoredMessage) error {
	metadata, err := encodeJSON(m.Metadata, len(m.Metadata) == 0)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO messages (scope, id, document, conversation, message, role, name, content, content_hash, at, metadata, stored_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		key, m.Key, document, m.ConversationID, m.MessageID, m.Role, m.Name, m.Content, m.ContentHash, micros(m.At), metadata, micros(db.now()))
	if err != nil || !document.Valid {
		return err
	}
	return owe(ctx, tx, key, truth.MessagesKey, m.Key, pika.StoreVectors, db.now())
}

// GetMessages implements pika.Messages.
func (db *DB) GetMessages(ctx context.Context, scope pika.Scope, keys []string) ([]pika.StoredMessage, error) {
	if len(keys) > pika.MaxPageLimit {
		return nil, pika.InvalidField("keys", "must be at most %d", pika.MaxPageLimit)
	}
	var messages []pika.StoredMessage
	err := db.read(ctx, "get messages", func(tx querier) error {
		key, found, err := db.scopeKey(ctx, tx, scope, false)
		if err != nil || !found {
			return err
		}
		rows, err := tx.QueryContext(ctx, `SELECT id, document, conversation, message, role, name, content, content_hash, at, metadata
			FROM messages WHERE scope = ? AND id IN (SELECT value FROM json_each(?))`, key, jsonList(keys))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			m, err := scanMessage(rows)
			if err != nil {
				return err
			}
			messages = append(messages, m)
		}
		return rows.Err()
	})
	return truth.InOrder(messages, keys, keyOf), err
}

func scanMessage(rows *sql.Rows) (m pika.StoredMessage, err error) {
	var at int64
	var document sql.Null[uint32]
	var metadata string
	if err := rows.Scan(&m.Key, &document, &m.ConversationID, &m.MessageID, &m.Role, &m.Name, &m.Content, &m.ContentHash, &at, &metadata); err != nil {
		return m, err
	}
	m.At, m.Sequence = fromMicros(at), int64(document.V) // numbers begin at 1
	m.Metadata, err = decodeJSON[pika.Metadata](metadata)
	return m, err
}
