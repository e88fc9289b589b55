package redis

import (
	"cmp"
	"net"
	"regexp"
	"strconv"
	"time"

	"github.com/pikamem/pika"
)

// The values of a Config that names none.
const (
	DefaultPrefix       = "pika:"
	DefaultPoolSize     = 32
	DefaultDialTimeout  = 500 * time.Millisecond
	DefaultReadTimeout  = 50 * time.Millisecond
	DefaultWriteTimeout = 50 * time.Millisecond
	DefaultPoolTimeout  = 100 * time.Millisecond
)

// Bounds of a Config.
const (
	maxPoolSize    = 1000
	maxPrefixBytes = 64
	maxTimeout     = time.Minute
)

// Config says where Redis is and how long it may take.
type Config struct {
	// Addresses are host:port; more than one are nodes of one cluster.
	Addresses []string
	// Cluster says that the addresses, or the one, are a cluster's.
	Cluster            bool
	Username, Password string
	Database           int // of a server that is no cluster
	TLS                bool

	// Prefix begins every key and channel: at most 64 letters, digits and -_.: so that
	// several Pikas may share one server. Defaults to DefaultPrefix.
	Prefix string
	// PoolSize is how many connections are open at once, of each server of a cluster,
	// 1–1,000, beside one per subscription. Defaults to DefaultPoolSize.
	PoolSize int

	// DialTimeout bounds making one connection. Defaults to DefaultDialTimeout.
	DialTimeout time.Duration
	// ReadTimeout and WriteTimeout bound one answer and one request. Default to
	// DefaultReadTimeout and DefaultWriteTimeout.
	ReadTimeout, WriteTimeout time.Duration
	// PoolTimeout bounds the wait for a connection while all are in use. Defaults to
	// DefaultPoolTimeout.
	PoolTimeout time.Duration

	// Now is the clock that a server that does not answer is left alone by. Defaults to
	// time.Now. What is stored expires by the server's own clock.
	Now func() time.Time
}

// withDefaults returns c with every default filled in.
func (c Config) withDefaults() Config {
	c.Prefix = cmp.Or(c.Prefix, DefaultPrefix)
	c.PoolSize = cmp.Or(c.PoolSize, DefaultPoolSize)
	c.DialTimeout = cmp.Or(c.DialTimeout, DefaultDialTimeout)
	c.ReadTimeout = cmp.Or(c.ReadTimeout, DefaultReadTimeout)
	c.WriteTimeout = cmp.Or(c.WriteTimeout, DefaultWriteTimeout)
	c.PoolTimeout = cmp.Or(c.PoolTimeout, DefaultPoolTimeout)
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// prefixPattern holds no brace: the hash tag of a key must be the key's own.
var prefixPattern = regexp.MustCompile(`^[A-Za-z0-9_.:-]+$`)

// validate refuses a Config with defaults that no server could be used with.
func (c Config) validate() error {
	if len(c.Addresses) == 0 {
		return invalid(shape)
	}
	for _, a := range c.Addresses {
		if host, port, err := net.SplitHostPort(a); err != nil || host == "" || !isPort(port) {
			return invalid(shape)
		}
	}
	switch {
	case len(c.Addresses) > 1 && !c.Cluster:
		return invalid("names several servers; several are allowed with redis+cluster:// only")
	case c.Cluster && c.Database != 0:
		return invalid("names database %d; a cluster has only 0", c.Database)
	case c.Database < 0:
		return invalid("names database %d; it must be 0 or more", c.Database)
	case c.Username != "" && c.Password == "":
		return invalid("has a user without a password")
	case len(c.Prefix) > maxPrefixBytes || !prefixPattern.MatchString(c.Prefix):
		return invalid("has a prefix that is not of 1–%d letters, digits and -_.:", maxPrefixBytes)
	case c.PoolSize < 1 || c.PoolSize > maxPoolSize:
		return invalid("has pool_size %d; it must be 1–%d", c.PoolSize, maxPoolSize)
	}
	return c.validateTimeouts()
}

func (c Config) validateTimeouts() error {
	for _, t := range []struct {
		name string
		d    time.Duration
	}{
		{"dial_timeout", c.DialTimeout},
		{"read_timeout", c.ReadTimeout},
		{"write_timeout", c.WriteTimeout},
		{"pool_timeout", c.PoolTimeout},
	} {
		if t.d <= 0 || t.d > maxTimeout {
			return invalid("has %s %s; it must be more than 0s and at most %s", t.name, t.d, maxTimeout)
		}
	}
	return nil
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// variable is where an operator says which cache is used; errors name it.
const variable = "PIKA_CACHE"

func invalid(format string, args ...any) *pika.Error {
	return pika.InvalidField(variable, format, args...)
}
