package postgres

import (
	"cmp"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pikamem/pika"
)

// Config says where the database is and how much of it one process may use. Only URL
// is required.
type Config struct {
	// URL is postgres://USER:PASSWORD@HOST:PORT/DATABASE, or the same as key=value
	// pairs. What libpq knows (sslmode, search_path, …) may follow as parameters.
	URL string

	// MaxConns bounds the connections of this process. Those of all processes together
	// should stay below 80 % of the server's max_connections. Defaults to 16.
	MaxConns int

	// MinIdleConns are kept ready. Defaults to 4, what one search takes; below 0 means none.
	MinIdleConns int

	// MaxConnLifetime is how old a connection gets, give or take a tenth.
	// Defaults to 1 hour.
	MaxConnLifetime time.Duration

	// MaxConnIdleTime is how long a connection may be unused. Defaults to 10 minutes.
	MaxConnIdleTime time.Duration

	// ConnectTimeout bounds one attempt to connect. Defaults to 3 seconds.
	ConnectTimeout time.Duration

	// StatementTimeout bounds one statement, on the server. Defaults to 5 seconds.
	StatementTimeout time.Duration

	// SearchTimeout bounds one statement of a search whose context has no deadline; one
	// that has is bounded by that. Defaults to 300 milliseconds.
	SearchTimeout time.Duration

	// LockTimeout bounds the wait for a lock of the server, such as another process's
	// commit for the same user. Defaults to 2 seconds.
	LockTimeout time.Duration

	// IdleTimeout ends a transaction whose client went silent, on the server.
	// Defaults to 10 seconds.
	IdleTimeout time.Duration

	// CallTimeout bounds one call of any method whose context has no earlier deadline:
	// the wait for a connection, all statements, all attempts. Defaults to 15 seconds.
	CallTimeout time.Duration

	// ApplicationName is shown in pg_stat_activity. Defaults to pika.
	ApplicationName string

	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() Config {
	c.MaxConns = cmp.Or(c.MaxConns, 16)
	c.MinIdleConns = max(cmp.Or(c.MinIdleConns, 4), 0)
	c.MaxConnLifetime = cmp.Or(c.MaxConnLifetime, time.Hour)
	c.MaxConnIdleTime = cmp.Or(c.MaxConnIdleTime, 10*time.Minute)
	c.ConnectTimeout = cmp.Or(c.ConnectTimeout, 3*time.Second)
	c.StatementTimeout = cmp.Or(c.StatementTimeout, 5*time.Second)
	c.SearchTimeout = cmp.Or(c.SearchTimeout, 300*time.Millisecond)
	c.LockTimeout = cmp.Or(c.LockTimeout, 2*time.Second)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, 10*time.Second)
	c.CallTimeout = cmp.Or(c.CallTimeout, 15*time.Second)
	c.ApplicationName = cmp.Or(c.ApplicationName, "pika")
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func (c Config) validate() error {
	for field, d := range map[string]time.Duration{
		"max_conn_lifetime": c.MaxConnLifetime, "max_conn_idle_time": c.MaxConnIdleTime, "connect_timeout": c.ConnectTimeout,
		"statement_timeout": c.StatementTimeout, "search_timeout": c.SearchTimeout, "lock_timeout": c.LockTimeout,
		"idle_timeout": c.IdleTimeout, "call_timeout": c.CallTimeout,
	} {
		if d < time.Millisecond {
			return pika.InvalidField(field, "is %s; it must be at least 1ms", d)
		}
	}
	if c.MaxConns < 1 || c.MaxConns > 10_000 {
		return pika.InvalidField("max_conns", "is %d; it must be 1–10000", c.MaxConns)
	}
	if c.MinIdleConns > c.MaxConns {
		return pika.InvalidField("min_idle_conns", "is %d; it must be at most max_conns, which is %d", c.MinIdleConns, c.MaxConns)
	}
	return nil
}

// parseURL reads the address; its errors never repeat it, for a password stands in it.
func parseURL(url string) (*pgxpool.Config, error) {
	parsed, err := pgxpool.ParseConfig(url)
	if url == "" || err != nil {
		return nil, pika.InvalidField("url", "must be postgres://USER:PASSWORD@HOST:PORT/DATABASE; a percent sign or an @ in the password is written %%25 or %%40")
	}
	return parsed, nil
}

// poolConfig returns what pgx is told.
func (c Config) poolConfig() (*pgxpool.Config, error) {
	p, err := parseURL(c.URL)
	if err != nil {
		return nil, err
	}
	p.MaxConns, p.MinIdleConns = int32(c.MaxConns), int32(c.MinIdleConns)
	p.MaxConnLifetime, p.MaxConnLifetimeJitter, p.MaxConnIdleTime = c.MaxConnLifetime, c.MaxConnLifetime/10, c.MaxConnIdleTime
	p.PingTimeout = time.Second
	setConn(p.ConnConfig, c.ApplicationName, c.ConnectTimeout)
	return p, nil
}

// A statement whose call is over usually ends by itself, as its statement_timeout is the
// time that the call had. One that does not is cancelled: for that pgx connects once more,
// and holds the connection, and the caller, for 100 ms after it.
const (
	cancelAfter = 50 * time.Millisecond  // that the call is over
	giveUpAfter = 250 * time.Millisecond // the connection, if the server does not obey
)

func setConn(conn *pgx.ConnConfig, application string, timeout time.Duration) {
	conn.ConnectTimeout = timeout
	conn.RuntimeParams["application_name"] = application
	// A cancelled statement is cancelled on the server too, and its connection lives on.
	conn.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, CancelRequestDelay: cancelAfter, DeadlineDelay: giveUpAfter}
	}
}
