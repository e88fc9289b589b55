package milvus

import (
	"context"

	"github.com/milvus-io/milvus-sdk-go/v2/client"

	"github.com/pikamem/pika"
)

// aliasIfMissing sets an alias that is not there.
func (s *Store) aliasIfMissing(ctx context.Context, corpus pika.Corpus, model pika.EmbeddingModel) error {
	found, err := s.describe(ctx, s.config.aliasName(corpus))
	if err != nil || found != nil {
		return err
	}
	return s.setup(ctx, "create the alias "+s.config.aliasName(corpus), func(ctx context.Context, c *client.GrpcClient) error {
		err := c.CreateAlias(ctx, s.config.collectionName(corpus, model), s.config.aliasName(corpus))
		if err == nil {
			return nil
		}
		// Another process may have set it since.
		if found, describeErr := describe(ctx, c, s.config.aliasName(corpus)); describeErr == nil && found != nil {
			return nil
		}
		return err
	})
}

// SwitchAlias sets the aliases to a model's collections, which Migrate must have made.
// The aliases are for operators; reads and writes use the collections' own names.
func (s *Store) SwitchAlias(ctx context.Context, model pika.EmbeddingModel) error {
	if err := checkModel(model, s.config.Index); err != nil {
		return err
	}
	for _, corpus := range corpora {
		if err := s.aliasIfMissing(ctx, corpus, model); err != nil {
			return err
		}
		alias, collection := s.config.aliasName(corpus), s.config.collectionName(corpus, model)
		if err := s.setup(ctx, "switch the alias "+alias, func(ctx context.Context, c *client.GrpcClient) error {
			return c.AlterAlias(ctx, collection, alias)
		}); err != nil {
			return err
		}
	}
	return nil
}

// DropModel drops a model's collections with their rows; missing ones are no error. A
// model that the aliases name is a Conflict: another one must be switched to first.
func (s *Store) DropModel(ctx context.Context, model pika.EmbeddingModel) error {
	for _, corpus := range corpora {
		active, err := s.describe(ctx, s.config.aliasName(corpus))
		if err != nil {
			return err
		}
		if active != nil && active.Name == s.config.collectionName(corpus, model) {
			return pika.Errorf(pika.Conflict, "the model is the active one of Milvus: switch to another with `pika reindex` first")
		}
	}
	for _, corpus := range corpora {
		if err := s.drop(ctx, s.config.collectionName(corpus, model)); err != nil {
			return err
		}
	}
	s.forget(model)
	return nil
}

// drop removes a collection; a missing one is no error.
func (s *Store) drop(ctx context.Context, collection string) error {
	return s.setup(ctx, "drop the collection "+collection, func(ctx context.Context, c *client.GrpcClient) error {
		if err := c.DropCollection(ctx, collection); err != nil && !isMissing(err) {
			return err
		}
		return nil
	})
}
