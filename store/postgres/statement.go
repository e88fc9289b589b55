package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// scan reads the present row's columns.
type scan func(dest ...any) error

// statement is one statement of a batch and what becomes of its result. Its strings are
// escaped on the way in and unescaped on the way out; nothing else sends SQL.
type statement struct {
	sql  string
	args []any
	each func(scan) error        // for every row; nil: there are none of interest
	done func(pgconn.CommandTag) // after the last row; nil: not of interest
}

// exec makes a statement whose result does not matter.
func exec(sql string, args ...any) statement { return statement{sql: sql, args: args} }

// query makes a statement that hands its rows to each.
func query(each func(scan) error, sql string, args ...any) statement {
	return statement{sql: sql, args: args, each: each}
}

// into makes a statement that reads its one row, if there is one, into dest.
func into(sql string, args []any, dest ...any) statement {
	return query(func(s scan) error { return s(dest...) }, sql, args...)
}

// collect makes a statement that appends what read makes of each row to list.
func collect[T any](list *[]T, read func(scan) (T, error), sql string, args ...any) statement {
	return query(func(s scan) error {
		item, err := read(s)
		if err == nil {
			*list = append(*list, item)
		}
		return err
	}, sql, args...)
}

// send runs statements in order, in one round trip. After an error the others did not run.
func send(ctx context.Context, conn *pgx.Conn, statements []statement) error {
	batch := &pgx.Batch{}
	for _, s := range statements {
		batch.Queue(s.sql, escapeArguments(s.args)...)
	}
	results := conn.SendBatch(ctx, batch)
	for _, s := range statements {
		if err := s.receive(results); err != nil {
			_ = results.Close() // reports the same error again
			return err
		}
	}
	return results.Close()
}

func (s statement) receive(results pgx.BatchResults) error {
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() && s.each != nil {
		if err := s.each(func(dest ...any) error {
			err := rows.Scan(dest...)
			unescapeResults(dest)
			return err
		}); err != nil {
			return err
		}
	}
	rows.Close()
	if s.done != nil && rows.Err() == nil {
		s.done(rows.CommandTag())
	}
	return rows.Err()
}
