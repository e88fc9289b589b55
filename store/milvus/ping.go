package milvus

import (
	"context"
	"errors"
	"slices"

	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"

	"github.com/pikamem/pika"
)

// Ping asks the server whether it can serve: that it can be connected to and takes the
// credentials, and that the collections of every model that Index was asked for are
// there, of the schema and index this program makes, and loaded. Its errors are
// sentences that tell the operator what to do.
func (s *Store) Ping(ctx context.Context) error {
	s.mutex.Lock()
	models := slices.Clone(s.models)
	s.mutex.Unlock()
	if len(models) == 0 {
		return s.call(ctx, "ping", s.config.WriteTimeout, func(ctx context.Context, c *client.GrpcClient) error {
			if _, err := c.HasCollection(ctx, s.config.aliasName(pika.CorpusFacts)); err != nil {
				return err
			}
			return s.checkDatabase(ctx, c)
		})
	}
	for _, model := range models {
		if err := s.Index(model).Ping(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Ping is Store.Ping for one model.
func (x *Index) Ping(ctx context.Context) error {
	if x.invalid != nil {
		return x.invalid
	}
	for _, corpus := range corpora {
		if err := x.store.call(ctx, "ping", x.store.config.WriteTimeout, func(ctx context.Context, c *client.GrpcClient) error {
			return x.checkCollection(ctx, c, x.collection(corpus))
		}); err != nil {
			return err
		}
	}
	return nil
}

func (x *Index) checkCollection(ctx context.Context, c *client.GrpcClient, name string) error {
	have, err := describe(ctx, c, name)
	switch {
	case err != nil:
		return err
	case have == nil:
		missing := pika.Errorf(pika.Unavailable, "Milvus has no collection %s: run `pika migrate`", name)
		return firstError(x.store.checkDatabase(ctx, c), missing)
	}
	if why := compareSchema(have.Schema, schema(name, x.model.Dimensions, false)); why != "" {
		return pika.Errorf(pika.Unavailable, "the collection %s of Milvus is of another schema (%s): drop it or configure another prefix, then run `pika migrate` and `pika reconcile`", name, why)
	}
	if err := x.checkIndex(ctx, c, name); err != nil {
		return err
	}
	return checkLoaded(ctx, c, name)
}

func (x *Index) checkIndex(ctx context.Context, c *client.GrpcClient, collection string) error {
	have, err := describeIndex(ctx, c, collection)
	switch {
	case err != nil:
		return err
	case have == nil:
		return pika.Errorf(pika.Unavailable, "the collection %s of Milvus has no index: run `pika migrate`", collection)
	}
	if why := compareIndex(have, x.store.config.Index.build(x.model.Dimensions)); why != "" {
		return pika.Errorf(pika.Unavailable, "the index of %s is not as configured (%s): run `pika migrate` to build it anew, or correct the configuration", collection, why)
	}
	return nil
}

// checkLoaded tells apart a collection that is being loaded from one nobody loads.
func checkLoaded(ctx context.Context, c *client.GrpcClient, collection string) error {
	state, err := c.GetLoadState(ctx, collection, nil)
	switch {
	case err != nil:
		return err
	case state == entity.LoadStateLoaded:
		return checkAnswers(ctx, c, collection)
	case state == entity.LoadStateLoading:
		return pika.Errorf(pika.Unavailable, "Milvus is loading the collection %s: it answers by itself, within a minute as a rule", collection)
	}
	return pika.Errorf(pika.Unavailable, "the collection %s of Milvus is not loaded: run `pika migrate`", collection)
}

// checkAnswers: after a restart the server calls a collection loaded before it answers.
func checkAnswers(ctx context.Context, c *client.GrpcClient, collection string) error {
	request := listRequest(collection, keyField+` == ""`, 1)
	request.GuaranteeTimestamp = client.EventuallyTimestamp
	_, err := c.Service.Query(ctx, request)
	if refused := (*statusError)(nil); errors.As(err, &refused) || ctx.Err() == context.DeadlineExceeded {
		return pika.Wrap(pika.Unavailable, err, "Milvus has loaded the collection %s and does not answer for it yet: after a start this takes up to a minute", collection)
	}
	return err
}
