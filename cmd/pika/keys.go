package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/gateway"
)

const keysUsage = "pika keys create --tenant TENANT --role read|write|admin --name NAME, pika keys list [--tenant TENANT], or pika keys revoke ID"

// runKeys makes, lists and revokes API keys in the facts store itself: the first key
// of a new installation, and keys when no gateway runs.
func runKeys(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("what to do with keys: " + keysUsage)
	}
	switch verb, rest := args[0], args[1:]; verb {
	case "create":
		return createKey(ctx, rest, out)
	case "list":
		return listKeys(ctx, rest, out)
	case "revoke":
		return revokeKey(ctx, rest, out)
	}
	return fmt.Errorf("there is no command %q for keys: %s", args[0], keysUsage)
}

// createKey prints the key alone, so that a script can take it, and what it is beside it.
func createKey(ctx context.Context, args []string, out io.Writer) error {
	var n gateway.NewKey
	return withKeys(ctx, args, func(f *flag.FlagSet) {
		f.StringVar(&n.Tenant, "tenant", "", "whose data the key opens")
		f.StringVar((*string)(&n.Role), "role", "", "read, write or admin")
		f.StringVar(&n.Name, "name", "", "what its owner calls it")
	}, func(book *gateway.KeyBook) error {
		key, stored, err := book.Create(ctx, n)
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "Key %s of tenant %s with the role %s. It is shown this once; running gateways take it within 30 s.\n", stored.ID, stored.Tenant, stored.Role)
		_, err = fmt.Fprintln(out, key)
		return err
	})
}

func listKeys(ctx context.Context, args []string, out io.Writer) error {
	var tenant string
	return withKeys(ctx, args, func(f *flag.FlagSet) {
		f.StringVar(&tenant, "tenant", "", "only this tenant's")
	}, func(book *gateway.KeyBook) error {
		keys, err := book.List(ctx, tenant)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tTENANT\tROLE\tNAME\tCREATED\tREVOKED")
		for _, k := range keys {
			revoked := "-"
			if k.RevokedAt != nil {
				revoked = k.RevokedAt.Format(time.DateTime)
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Tenant, k.Role, k.Name, k.CreatedAt.Format(time.DateTime), revoked)
		}
		return table.Flush()
	})
}

func revokeKey(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return errors.New("which key: pika keys revoke ID (pika keys list shows the ids)")
	}
	id := args[0]
	return withKeys(ctx, args[1:], nil, func(book *gateway.KeyBook) error {
		tenant, err := tenantOfKey(ctx, book, id)
		if err != nil {
			return err
		}
		if err := book.Revoke(ctx, tenant, id); err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "Key %s of tenant %s is revoked; running gateways refuse it within 30 s.\n", id, tenant)
		return err
	})
}

func tenantOfKey(ctx context.Context, book *gateway.KeyBook, id string) (string, error) {
	keys, err := book.List(ctx, "")
	if err != nil {
		return "", err
	}
	for _, k := range keys {
		if k.ID == id {
			return k.Tenant, nil
		}
	}
	return "", pika.Errorf(pika.NotFound, "there is no key with the id %q: pika keys list shows them all", id)
}

// withKeys reads the configuration, opens the facts store and calls f with its keys.
func withKeys(ctx context.Context, args []string, flags func(*flag.FlagSet), f func(*gateway.KeyBook) error) (err error) {
	config, err := LoadConfig("keys", args, os.Getenv, flags)
	if err != nil {
		return err
	}
	truth, err := openTruth(ctx, config)
	if err != nil {
		if config.onSQLite() {
			return fmt.Errorf("%s (a running pika dev makes keys itself: POST /v1/api_keys)", message(err))
		}
		return err
	}
	defer func() { err = errors.Join(err, truth.Close()) }()
	return f(gateway.NewKeyBook(truth, gateway.KeyBookOptions{}))
}
