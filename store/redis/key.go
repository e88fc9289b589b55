package redis

import "github.com/pikamem/pika"

// What is stored is kept apart by kind. A prefix holds no brace, so that the hash tag
// of a key is the caller's own.

func (c *Cache) valueKey(key string) string { return c.config.Prefix + "v:" + key }

func (c *Cache) leaseKey(key string) string { return c.config.Prefix + "l:" + key }

func (c *Cache) channel(name string) string { return c.config.Prefix + "c:" + name }

// epochsKey names the epochs of a scope, on the node that the user's values are on.
func (c *Cache) epochsKey(scope pika.Scope) string { return c.config.Prefix + "e:{" + scope.ID() + "}" }
