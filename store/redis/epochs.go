package redis

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"

	"github.com/pikamem/pika"
)

// ReadScope implements pika.Cache in one pipeline. Keys that hold the scope's hash tag
// make it one round trip on a cluster, too.
func (c *Cache) ReadScope(ctx context.Context, scope pika.Scope, keys ...string) (map[string][]byte, map[string]string, error) {
	var values map[string][]byte
	var epochs map[string]string
	err := c.call(ctx, "read the values and epochs of a scope", func(ctx context.Context) error {
		p := c.client.Pipeline()
		all := p.HGetAll(ctx, c.epochsKey(scope))
		asked := c.askFor(ctx, p, keys)
		if _, err := p.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		var err error
		if epochs, err = all.Result(); err != nil {
			return err
		}
		values, err = asked.values()
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return values, epochs, nil
}

// SetEpochs implements pika.Cache in one transaction: epochs that would never expire
// are not left behind.
func (c *Cache) SetEpochs(ctx context.Context, scope pika.Scope, epochs map[string]string) error {
	const what = "set epochs"
	if err := pika.CheckEpochs(epochs); err != nil {
		return err
	}
	if len(epochs) == 0 {
		return notBegun(ctx, what)
	}
	key := c.epochsKey(scope)
	return c.call(ctx, what, func(ctx context.Context) error {
		commands, err := c.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.HSet(ctx, key, epochs)
			p.PExpire(ctx, key, pika.EpochLife)
			return nil
		})
		return reason(commands, err)
	})
}

// reason returns why a transaction was given up: the error of a command, where there
// is one, says more than that of the whole.
func reason(commands []redis.Cmder, err error) error {
	for _, command := range commands {
		if err != nil && command.Err() != nil {
			return command.Err()
		}
	}
	return err
}
