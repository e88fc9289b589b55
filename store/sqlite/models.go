package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pikamem/pika"
)

var _ pika.Models = (*DB)(nil)

// modelSetting is the name under which the file remembers its embedding model, as the
// JSON of a pika.ActiveModel. Files of the first version hold a pika.EmbeddingModel
// there, which is the same without the member Embedder.
const modelSetting = "embedding_model"

// ActiveModel implements pika.Models.
func (db *DB) ActiveModel(ctx context.Context) (pika.ActiveModel, error) {
	var m pika.ActiveModel
	err := db.read(ctx, "read the embedding model", func(tx querier) error {
		var found bool
		var err error
		if m, found, err = loadModel(ctx, tx); err == nil && !found {
			err = pika.Errorf(pika.NotFound, "no embedding model is in use yet")
		}
		return err
	})
	return m, err
}

// ClaimModel implements pika.Models.
func (db *DB) ClaimModel(ctx context.Context, m pika.ActiveModel) (pika.ActiveModel, error) {
	if err := checkModel(m.EmbeddingModel); err != nil {
		return pika.ActiveModel{}, err
	}
	var active pika.ActiveModel
	err := db.write(ctx, "remember the embedding model", func(tx querier) error {
		var found bool
		var err error
		if active, found, err = loadModel(ctx, tx); err != nil || found {
			return err
		}
		active = m
		return saveModel(ctx, tx, m)
	})
	if err != nil {
		return pika.ActiveModel{}, err
	}
	return active, nil
}

// SwitchModel implements pika.Models.
func (db *DB) SwitchModel(ctx context.Context, from, to pika.ActiveModel) error {
	if err := checkModel(to.EmbeddingModel); err != nil {
		return err
	}
	return db.write(ctx, "switch the embedding model", func(tx querier) error { return switchModel(ctx, tx, from, to) })
}

func switchModel(ctx context.Context, tx querier, from, to pika.ActiveModel) error {
	active, found, err := loadModel(ctx, tx)
	if err != nil {
		return err
	}
	if !found || active.EmbeddingModel != from.EmbeddingModel {
		return pika.Errorf(pika.Conflict, "another embedding model is in use than the one to switch from")
	}
	return saveModel(ctx, tx, to)
}

// AdoptRawVectors ends the change of the embedded index to another model: in one
// transaction the rows of the index become the raw vectors of the model to, which
// becomes the active one, and those raw vectors go. If the active model is not from:
// Conflict. No Vectors of this DB may be in use; those that were made for the former
// model answer wrongly from then on.
func (db *DB) AdoptRawVectors(ctx context.Context, from, to pika.ActiveModel) error {
	if err := checkModel(to.EmbeddingModel); err != nil {
		return err
	}
	return db.write(ctx, "adopt the vectors of another model", func(tx querier) error {
		if err := switchModel(ctx, tx, from, to); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM vectors"); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO vectors (scope, corpus, id, value, written_at)
			SELECT scope, corpus, id, value, written_at FROM raw_vectors WHERE model = ? AND dimensions = ?
			ORDER BY scope, corpus, id`, to.ID, to.Dimensions)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM raw_vectors WHERE model = ? AND dimensions = ?", to.ID, to.Dimensions)
		return err
	})
}

func checkModel(m pika.EmbeddingModel) error {
	if m.ID == "" || m.Dimensions < 1 {
		return pika.InvalidField("model", "needs an id and at least 1 dimension")
	}
	return nil
}

func loadModel(ctx context.Context, tx querier) (m pika.ActiveModel, found bool, err error) {
	var value string
	err = tx.QueryRowContext(ctx, "SELECT value FROM settings WHERE name = ?", modelSetting).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return m, false, nil
	}
	if err != nil {
		return m, false, err
	}
	if err := json.Unmarshal([]byte(value), &m); err != nil {
		return m, false, fmt.Errorf("read the setting %s: %w", modelSetting, err)
	}
	return m, true, nil
}

func saveModel(ctx context.Context, tx querier, m pika.ActiveModel) error {
	value, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2", modelSetting, string(value))
	return err
}

// claimModel makes model the file's if it has none, and refuses another one's.
func (db *DB) claimModel(ctx context.Context, model pika.EmbeddingModel) error {
	active, err := db.ClaimModel(ctx, pika.ActiveModel{EmbeddingModel: model})
	if err != nil || active.EmbeddingModel == model {
		return err
	}
	return pika.Errorf(pika.Conflict,
		"the stored vectors were made by the model %s (%d dimensions), the configured model is %s (%d dimensions): run `pika reindex` to make them anew, or configure the former model",
		active.ID, active.Dimensions, model.ID, model.Dimensions)
}
