package milvus

import (
	"context"
	"slices"

	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"

	"github.com/pikamem/pika"
)

// migrateDatabase makes the configured database if the server has none of the name.
func (s *Store) migrateDatabase(ctx context.Context) error {
	if s.config.Database == "" {
		return nil
	}
	return s.setup(ctx, "make the database "+s.config.Database, func(ctx context.Context, c *client.GrpcClient) error {
		there, err := s.hasDatabase(ctx, c)
		if err != nil || there {
			return err
		}
		if err = c.CreateDatabase(ctx, s.config.Database); err == nil {
			return nil
		}
		// Another process may have made it since.
		if there, listErr := s.hasDatabase(ctx, c); listErr == nil && there {
			return nil
		}
		return err
	})
}

func (s *Store) hasDatabase(ctx context.Context, c *client.GrpcClient) (bool, error) {
	all, err := c.ListDatabases(ctx)
	return slices.ContainsFunc(all, func(d entity.Database) bool { return d.Name == s.config.Database }), err
}

// checkDatabase says that the configured database is missing; servers of 2.3 answer
// for a missing one as for an empty one.
func (s *Store) checkDatabase(ctx context.Context, c *client.GrpcClient) error {
	if s.config.Database == "" {
		return nil
	}
	there, err := s.hasDatabase(ctx, c)
	if err == nil && !there {
		return pika.Errorf(pika.Unavailable, "Milvus has no database %s: run `pika migrate` or correct PIKA_VECTORS", s.config.Database)
	}
	return err
}
