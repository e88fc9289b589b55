package redis

import (
	"context"
	"strings"
	"time"
)

// Ping asks the server whether it can serve: that it can be connected to, takes the
// credentials, and takes a write. Its errors are sentences that tell the operator what
// to do.
func (c *Cache) Ping(ctx context.Context) error {
	return c.call(ctx, "ping the cache", func(ctx context.Context) error {
		return c.client.Set(ctx, c.config.Prefix+"ping", "", time.Second).Err()
	})
}

// Advice returns a sentence about settings of the server that will hurt later, though
// it works now; empty: there is nothing to say.
func (c *Cache) Advice(ctx context.Context) (string, error) {
	var memory string
	err := c.call(ctx, "read the server's settings", func(ctx context.Context) (err error) {
		memory, err = c.client.Info(ctx, "memory").Result()
		return err
	})
	if err != nil {
		return "", err
	}
	switch {
	case infoField(memory, "maxmemory") == "0":
		return "Redis has no maxmemory: it grows until the machine is out of memory; set maxmemory, and maxmemory-policy to allkeys-lfu", nil
	case infoField(memory, "maxmemory_policy") == "noeviction":
		return "Redis refuses writes when it is full: set maxmemory-policy to allkeys-lfu", nil
	}
	return "", nil
}

// infoField returns a field of what INFO answers; empty: there is none.
func infoField(info, field string) string {
	for line := range strings.Lines(info) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && name == field {
			return value
		}
	}
	return ""
}
