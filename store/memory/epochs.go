package memory

import (
	"context"
	"encoding/json"
	"maps"

	"github.com/pikamem/pika"
)

// epochsKey is where the epochs of a scope stand among the values. Package cache makes
// no such key.
func epochsKey(scope pika.Scope) string { return "pika:epochs:{" + scope.ID() + "}" }

// ReadScope implements pika.Cache.
func (c *Cache) ReadScope(ctx context.Context, scope pika.Scope, keys ...string) (map[string][]byte, map[string]string, error) {
	values, err := c.GetValues(ctx, keys...)
	if err != nil {
		return nil, nil, err
	}
	return values, c.epochs(scope), nil
}

func (c *Cache) epochs(scope pika.Scope) map[string]string {
	epochs := map[string]string{}
	if v, ok := c.values.GetIfPresent(epochsKey(scope)); ok {
		_ = json.Unmarshal(v.bytes, &epochs) // written by SetEpochs alone
	}
	return epochs
}

// SetEpochs implements pika.Cache.
func (c *Cache) SetEpochs(ctx context.Context, scope pika.Scope, epochs map[string]string) error {
	if err := ctx.Err(); err != nil {
		return ended(err)
	}
	if err := pika.CheckEpochs(epochs); err != nil {
		return err
	}
	c.setting.Lock()
	defer c.setting.Unlock()
	all := c.epochs(scope)
	maps.Copy(all, epochs)
	b, err := json.Marshal(all)
	if err != nil {
		return err
	}
	c.values.Set(epochsKey(scope), value{bytes: b, ttl: pika.EpochLife})
	return nil
}
