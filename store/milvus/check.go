package milvus

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/milvus-io/milvus-sdk-go/v2/client"
)

// Some servers accept what they then do wrong or never finish. Checks find out on
// collections of their own, named after when they were made.

// checkAge is when what a check left behind, because its process died, may be removed.
const checkAge = time.Hour

func (s *Store) checkPrefix() string { return s.config.Prefix + "_check_" }

func (s *Store) checkName() string {
	return s.checkPrefix() + strconv.FormatInt(s.config.Now().Unix(), 10) + "_" + strings.ToLower(rand.Text()[:8])
}

// dropCheck removes a check's collection, also when ctx has ended meanwhile.
func (s *Store) dropCheck(ctx context.Context, name string) {
	// What fails here is swept by a later check.
	_ = s.drop(context.WithoutCancel(ctx), name)
}

// sweepChecks removes what checks of processes that died have left.
func (s *Store) sweepChecks(ctx context.Context) {
	_ = s.setup(ctx, "sweep old checks", func(ctx context.Context, c *client.GrpcClient) error {
		all, err := c.ListCollections(ctx)
		if err != nil {
			return err
		}
		for _, collection := range all {
			if s.isOldCheck(collection.Name) {
				err = errors.Join(err, c.DropCollection(ctx, collection.Name))
			}
		}
		return err
	})
}

func (s *Store) isOldCheck(collection string) bool {
	rest, ok := strings.CutPrefix(collection, s.checkPrefix())
	if !ok {
		return false
	}
	made, _, _ := strings.Cut(rest, "_")
	seconds, err := strconv.ParseInt(made, 10, 64)
	return err == nil && s.config.Now().Sub(time.Unix(seconds, 0)) > checkAge
}
