package neo4j

import (
	"cmp"
	"time"

	"github.com/pikamem/pika"
)

// The values of a Config that names none.
const (
	DefaultDatabase       = "neo4j"
	DefaultPoolSize       = 50
	DefaultReadTimeout    = 300 * time.Millisecond
	DefaultWriteTimeout   = 5 * time.Second
	DefaultSetupTimeout   = 60 * time.Second
	DefaultConnectTimeout = 5 * time.Second
)

// Bounds of a Config.
const (
	maxPoolSize = 1000
	maxTimeout  = 10 * time.Minute
)

// Config says where the server is and how long it may take.
type Config struct {
	// URL is where the server is, without credentials: neo4j://host:7687, or bolt:// to
	// keep to this one server; with +s for TLS, with +ssc for TLS with any certificate.
	URL string
	// User and Password log in; both empty: the server asks for neither.
	User, Password string
	// Database is the database of the server. Defaults to DefaultDatabase.
	Database string

	// PoolSize is how many connections are open at once, 1–1,000. Defaults to
	// DefaultPoolSize. Calls over it wait until they have one or their time is over.
	PoolSize int
	// ConnectTimeout bounds making one connection. Defaults to DefaultConnectTimeout.
	ConnectTimeout time.Duration
	// ReadTimeout bounds one Expand. Defaults to DefaultReadTimeout.
	ReadTimeout time.Duration
	// WriteTimeout bounds one write, list or Ping. Defaults to DefaultWriteTimeout.
	WriteTimeout time.Duration
	// SetupTimeout bounds Migrate and Warm. Defaults to DefaultSetupTimeout.
	SetupTimeout time.Duration

	// Now is the clock that rows are dated by and refused log-ins wait by. Defaults to
	// time.Now.
	Now func() time.Time
}

// withDefaults returns c with every default filled in.
func (c Config) withDefaults() Config {
	c.Database = cmp.Or(c.Database, DefaultDatabase)
	c.PoolSize = cmp.Or(c.PoolSize, DefaultPoolSize)
	c.ConnectTimeout = cmp.Or(c.ConnectTimeout, DefaultConnectTimeout)
	c.ReadTimeout = cmp.Or(c.ReadTimeout, DefaultReadTimeout)
	c.WriteTimeout = cmp.Or(c.WriteTimeout, DefaultWriteTimeout)
	c.SetupTimeout = cmp.Or(c.SetupTimeout, DefaultSetupTimeout)
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// validate refuses a Config with defaults that no server could be used with.
func (c Config) validate() error {
	if err := checkURL(c.URL); err != nil {
		return err
	}
	if (c.User == "") != (c.Password == "") {
		return invalid("needs a user and a password, or neither")
	}
	if c.PoolSize < 1 || c.PoolSize > maxPoolSize {
		return invalid("has pool_size %d; it must be 1–%d", c.PoolSize, maxPoolSize)
	}
	for _, t := range []struct {
		name string
		d    time.Duration
	}{
		{"connect_timeout", c.ConnectTimeout},
		{"read_timeout", c.ReadTimeout},
		{"write_timeout", c.WriteTimeout},
		{"setup_timeout", c.SetupTimeout},
	} {
		if t.d <= 0 || t.d > maxTimeout {
			return invalid("has %s %s; it must be more than 0s and at most %s", t.name, t.d, maxTimeout)
		}
	}
	return nil
}

// variable is where an operator says which graph is used; errors name it.
const variable = "PIKA_GRAPH"

func invalid(format string, args ...any) *pika.Error {
	return pika.InvalidField(variable, format, args...)
}
