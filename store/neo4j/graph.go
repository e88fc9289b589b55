package neo4j

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j"
	"github.com/neo4j/neo4j-go-driver/v5/neo4j/config"
	"github.com/neo4j/neo4j-go-driver/v5/neo4j/notifications"

	"github.com/pikamem/pika"
)

var (
	_ pika.Graph = (*Graph)(nil)
	_ pika.Rows  = (*Graph)(nil)
)

// Graph is the entity graph of one database. It may be used by many goroutines at once.
type Graph struct {
	config Config
	driver neo4j.DriverWithContext
	login  *login

	closing sync.Once
	closed  atomic.Bool

	warming    atomic.Bool
	background sync.WaitGroup // of warmLater
}

// Open returns the graph of a server. It connects when it is first used: the server
// may be absent, go and come back; calls fail meanwhile and recover by themselves.
// A configuration that cannot work is Invalid.
func Open(c Config) (*Graph, error) {
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	token := neo4j.NoAuth()
	if c.User != "" {
		token = neo4j.BasicAuth(c.User, c.Password, "")
	}
	driver, err := neo4j.NewDriverWithContext(c.URL, token, func(d *config.Config) { c.apply(d) })
	if err != nil { // its text repeats the URL, which holds no password
		return nil, pika.Wrap(pika.Invalid, err, "%s: %s", variable, shape)
	}
	return &Graph{config: c, driver: driver, login: newLogin(c.Now)}, nil
}

// apply sets what the driver is to do. Its own retries are not used: they begin with a
// pause of a second.
func (c Config) apply(d *config.Config) {
	d.UserAgent = "pika"
	d.MaxConnectionPoolSize = c.PoolSize
	d.ConnectionAcquisitionTimeout = max(c.WriteTimeout, c.ReadTimeout)
	d.SocketConnectTimeout = c.ConnectTimeout
	d.MaxConnectionLifetime = 30 * time.Minute
	d.ConnectionLivenessCheckTimeout = 30 * time.Second
	d.TelemetryDisabled = true
	d.NotificationsMinSeverity = notifications.DisabledLevel
}

// closeTimeout bounds taking leave of a server that may be gone.
const closeTimeout = 5 * time.Second

// Close ends all connections. Calls after it are Unavailable. Closing twice is the
// same as once.
func (g *Graph) Close() error {
	var err error
	g.closing.Do(func() {
		g.closed.Store(true)
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		err = g.driver.Close(ctx)
		g.background.Wait()
	})
	return err
}
