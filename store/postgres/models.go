package postgres

import (
	"context"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var _ pika.Models = (*DB)(nil)

// modelSetting is the setting that names the active model.
const modelSetting = "embedding_model"

// modelRow is the form in which it is kept.
type modelRow struct {
	ID         string `json:"id"`
	Dimensions int    `json:"dimensions"`
	Embedder   string `json:"embedder"`
}

func encodeModel(m pika.ActiveModel) (string, error) {
	return truth.EncodeJSON(modelRow{ID: m.ID, Dimensions: m.Dimensions, Embedder: m.Embedder}, false)
}

func decodeModel(value string) (pika.ActiveModel, error) {
	row, err := truth.DecodeJSON[modelRow](value)
	return pika.ActiveModel{EmbeddingModel: pika.EmbeddingModel{ID: row.ID, Dimensions: row.Dimensions}, Embedder: row.Embedder}, err
}

func checkModel(m pika.ActiveModel) error {
	switch {
	case m.ID == "":
		return pika.InvalidField("model.id", "is empty")
	case m.Dimensions < 1:
		return pika.InvalidField("model.dimensions", "is %d; it must be at least 1", m.Dimensions)
	}
	return nil
}

// ActiveModel implements pika.Models.
func (db *DB) ActiveModel(ctx context.Context) (pika.ActiveModel, error) {
	var m pika.ActiveModel
	err := db.do(ctx, operation{what: "read the active model"}, func(ctx context.Context, t *tx) error {
		var value string
		err := t.finish(ctx, readModel(&value))
		if err != nil {
			return err
		}
		if value == "" {
			return pika.Errorf(pika.NotFound, "no embedding model is in use yet")
		}
		m, err = decodeModel(value)
		return err
	})
	return m, err
}

func readModel(value *string) statement {
	return into("SELECT value FROM settings WHERE name = $1", []any{modelSetting}, value)
}

// ClaimModel implements pika.Models.
func (db *DB) ClaimModel(ctx context.Context, m pika.ActiveModel) (pika.ActiveModel, error) {
	if err := checkModel(m); err != nil {
		return pika.ActiveModel{}, err
	}
	claimed, err := encodeModel(m)
	if err != nil {
		return pika.ActiveModel{}, err
	}
	var active pika.ActiveModel
	err = db.do(ctx, operation{what: "claim the active model", write: true}, func(ctx context.Context, t *tx) error {
		var value string
		err := t.finish(ctx, exec("INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING", modelSetting, claimed), readModel(&value))
		if err != nil {
			return err
		}
		active, err = decodeModel(value)
		return err
	})
	return active, err
}

// SwitchModel implements pika.Models.
func (db *DB) SwitchModel(ctx context.Context, from, to pika.ActiveModel) error {
	if err := checkModel(to); err != nil {
		return err
	}
	value, err := encodeModel(to)
	if err != nil {
		return err
	}
	return db.do(ctx, operation{what: "switch the active model", write: true, once: true}, func(ctx context.Context, t *tx) error {
		var have string
		err := t.run(ctx, into("SELECT value FROM settings WHERE name = $1 FOR UPDATE", []any{modelSetting}, &have))
		if err != nil {
			return err
		}
		active, err := decodeModel(have)
		if err != nil {
			return err
		}
		if active.EmbeddingModel != from.EmbeddingModel {
			return pika.Errorf(pika.Conflict, "another embedding model is in use than the one to switch from")
		}
		return t.finish(ctx, exec("UPDATE settings SET value = $2 WHERE name = $1", modelSetting, value))
	})
}
