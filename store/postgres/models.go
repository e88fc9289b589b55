package postgres

import (
	"context"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var _ pika.Models = (*DB)(nil)

// modelSetting is the name of the setting that is the JSON of the active model.
const modelSetting = "embedding_model"

func checkModel(m pika.EmbeddingModel) error {
	if m.ID == "" || m.Dimensions < 1 {
		return pika.InvalidField("model", "needs an id and at least 1 dimension")
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
		m, err = truth.DecodeJSON[pika.ActiveModel](value)
		return err
	})
	return m, err
}

func readModel(value *string) statement {
	return into("SELECT value FROM settings WHERE name = $1", []any{modelSetting}, value)
}

// ClaimModel implements pika.Models.
func (db *DB) ClaimModel(ctx context.Context, m pika.ActiveModel) (pika.ActiveModel, error) {
	if err := checkModel(m.EmbeddingModel); err != nil {
		return pika.ActiveModel{}, err
	}
	claimed, err := truth.EncodeJSON(m, false)
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
		active, err = truth.DecodeJSON[pika.ActiveModel](value)
		return err
	})
	return active, err
}

// SwitchModel implements pika.Models.
func (db *DB) SwitchModel(ctx context.Context, from, to pika.ActiveModel) error {
	if err := checkModel(to.EmbeddingModel); err != nil {
		return err
	}
	value, err := truth.EncodeJSON(to, false)
	if err != nil {
		return err
	}
	return db.do(ctx, operation{what: "switch the active model", write: true, once: true}, func(ctx context.Context, t *tx) error {
		var have string
		err := t.run(ctx, into("SELECT value FROM settings WHERE name = $1 FOR UPDATE", []any{modelSetting}, &have))
		if err != nil {
			return err
		}
		active, err := truth.DecodeJSON[pika.ActiveModel](have)
		if err != nil {
			return err
		}
		if have == "" || active.EmbeddingModel != from.EmbeddingModel {
			return pika.Errorf(pika.Conflict, "another embedding model is in use than the one to switch from")
		}
		return t.finish(ctx, exec("UPDATE settings SET value = $2 WHERE name = $1", modelSetting, value))
	})
}
