package redis

import (
	"context"
	"crypto/tls"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	retries     = 1 // of a request whose connection broke
	retryPause  = 5 * time.Millisecond
	maxIdleTime = 5 * time.Minute
)

// silence is the logger of go-redis, which is one for the whole process: what it would
// print is returned as an error to who asked.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

var silenced sync.Once

// connect returns a client that connects when it is first used.
func (c Config) connect() redis.UniversalClient {
	silenced.Do(func() { redis.SetLogger(silence{}) })
	var encryption *tls.Config
	if c.TLS {
		encryption = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if c.Cluster {
		return redis.NewClusterClient(c.clusterOptions(encryption))
	}
	return redis.NewClient(c.serverOptions(encryption))
}

// serverOptions: what would cost round trips when a connection is made is off, and
// so is everything that goes on without a caller.
func (c Config) serverOptions(encryption *tls.Config) *redis.Options {
	return &redis.Options{
		Addr: c.Addresses[0], Username: c.Username, Password: c.Password, DB: c.Database, TLSConfig: encryption,
		Protocol: 2, DisableIdentity: true, MaintNotificationsConfig: noNotifications(),
		MaxRetries: retries, MinRetryBackoff: retryPause, MaxRetryBackoff: retryPause,
		DialTimeout: c.DialTimeout, DialerRetries: 1,
		ReadTimeout: c.ReadTimeout, WriteTimeout: c.WriteTimeout, ContextTimeoutEnabled: true,
		PoolSize: c.PoolSize, MaxActiveConns: c.PoolSize, PipelinePoolSize: -1, PoolTimeout: c.PoolTimeout, ConnMaxIdleTime: maxIdleTime,
	}
}

// clusterOptions: one more redirection than retries, as a moved key is no failure. The
// client appends the nodes it learns to its addresses, so they are its own.
func (c Config) clusterOptions(encryption *tls.Config) *redis.ClusterOptions {
	return &redis.ClusterOptions{
		Addrs: slices.Clone(c.Addresses), Username: c.Username, Password: c.Password, TLSConfig: encryption,
		Protocol: 2, DisableIdentity: true, MaintNotificationsConfig: noNotifications(),
		MaxRedirects: retries + 1, MaxRetries: retries, MinRetryBackoff: retryPause, MaxRetryBackoff: retryPause,
		DialTimeout: c.DialTimeout, DialerRetries: 1,
		ReadTimeout: c.ReadTimeout, WriteTimeout: c.WriteTimeout, ContextTimeoutEnabled: true,
		PoolSize: c.PoolSize, MaxActiveConns: c.PoolSize, PipelinePoolSize: -1, PoolTimeout: c.PoolTimeout, ConnMaxIdleTime: maxIdleTime,
	}
}

func noNotifications() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

// callTimeout bounds one call whose context has no end of its own: everything that may
// happen to it, once and once again.
func (c Config) callTimeout() time.Duration {
	return (retries + 1) * (c.PoolTimeout + c.DialTimeout + c.WriteTimeout + c.ReadTimeout)
}
