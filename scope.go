package pika

// Scope is whose memory is meant: one user of one tenant. It travels with every
// read and write; a bare user id never does.
type Scope struct {
	Tenant string `json:"tenant"`
	User   string `json:"user"`
}

// ID returns the scope's id, the key used in every store, cache, lock and filter:
// the version 5 UUID of tenant and user.
func (s Scope) ID() string { return DeriveID("scope", s.Tenant, s.User) }

// DefaultTenant is the tenant of `pika dev` on a loopback address without keys.
const DefaultTenant = "default"
