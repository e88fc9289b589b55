package pika

import "context"

// Change is one transaction that changed what searches of a user's memory may answer.
type Change struct {
	// Version counts the changes of a user's memory, from 1.
	Version int64 `json:"-"`

	// Added are ids of facts that searches may now find, or find by more than before.
	Added []string `json:"added,omitempty"`

	// Touched are ids of facts that say something else now, or are gone.
	Touched []string `json:"touched,omitempty"`

	// Messages are keys of messages that are new, replaced or gone.
	Messages []string `json:"messages,omitempty"`

	// Everything says that no former answer holds, whatever it is made of.
	Everything bool `json:"everything,omitempty"`
}

// Changes is what changed in each user's memory of late, kept by the truth: facts and
// messages are written and noted in one transaction, so whoever reads the version first
// and then the memory knows since when his answer may be out of date.
type Changes interface {
	// Version returns the version of a user's last change; 0: there never was any.
	Version(ctx context.Context, scope Scope) (int64, error)

	// ChangesSince returns the changes with a Version above since, oldest first, and
	// whether they are whole: only the last MaxChanges of a user are kept.
	ChangesSince(ctx context.Context, scope Scope, since int64) (changes []Change, whole bool, err error)

	// NoteChange notes a change that another store than the truth made, and returns its
	// version. One that says nothing is noted as Everything, and so is one that names more
	// than MaxChangeIDs; Version is ignored.
	NoteChange(ctx context.Context, scope Scope, c Change) (int64, error)
}

// Bound returns the change as it is kept: one that names too much, or nothing, is of
// everything.
func (c Change) Bound() Change {
	n := len(c.Added) + len(c.Touched) + len(c.Messages)
	if c.Everything || n == 0 || n > MaxChangeIDs {
		return Change{Version: c.Version, Everything: true}
	}
	return c
}
