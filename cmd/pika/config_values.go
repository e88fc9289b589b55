package main

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/robfig/cron/v3"

	"github.com/pikamem/pika"
)

func text(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error { *field(c) = value; return nil }
}

func only(field func(*Config) *string, allowed ...string) func(*Config, string) error {
	return func(c *Config, value string) error {
		for _, a := range allowed {
			if value == a {
				*field(c) = value
				return nil
			}
		}
		return fmt.Errorf("%q is not one of: %s", value, strings.Join(allowed, ", "))
	}
}

// store takes the beginning that names the embedded part, or a URL of one of the
// schemes. What else the URL says is checked by the store itself, at the start.
func store(field func(*Config) *string, builtIn string, schemes ...string) func(*Config, string) error {
	return func(c *Config, value string) error {
		scheme, rest, isURL := strings.Cut(value, "://")
		switch {
		case isURL && slices.Contains(schemes, scheme) && rest != "":
		case !isURL && value == builtIn && !strings.HasSuffix(builtIn, ":"):
		case !isURL && strings.HasSuffix(builtIn, ":") && strings.HasPrefix(value, builtIn) && value != builtIn:
		default:
			example := builtIn
			if strings.HasSuffix(builtIn, ":") {
				example += "PATH"
			}
			return fmt.Errorf("the value is neither %s nor %s://…", example, schemes[0])
		}
		*field(c) = value
		return nil
	}
}

// hasPassword reports whether a value is a URL that holds a password.
func hasPassword(value string) bool {
	u, err := url.Parse(value)
	if err != nil {
		return strings.Contains(value, "://") && strings.Contains(value, "@")
	}
	_, ok := u.User.Password()
	return ok
}

// schedule takes cron text. robfig/cron only checks it; Temporal's schedules run it.
func schedule(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		if _, err := cron.ParseStandard(value); err != nil && value != "off" {
			return fmt.Errorf("%q is neither off nor cron text of five fields, such as \"17 * * * *\": %w", value, err)
		}
		*field(c) = value
		return nil
	}
}

func model(field func(*Config) *string, builtIn string) func(*Config, string) error {
	return func(c *Config, value string) error {
		if name, ok := strings.CutPrefix(value, "openai:"); value != builtIn && (!ok || name == "") {
			return fmt.Errorf("%q is neither %s nor openai:MODEL", value, builtIn)
		}
		*field(c) = value
		return nil
	}
}

func number(field func(*Config) *int, least, most int) func(*Config, string) error {
	return func(c *Config, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < least || n > most {
			return fmt.Errorf("%q is not a whole number from %d to %d", value, least, most)
		}
		*field(c) = n
		return nil
	}
}

func duration(field func(*Config) *time.Duration, least, most time.Duration) func(*Config, string) error {
	return func(c *Config, value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d < least || d > most {
			return fmt.Errorf("%q is not a duration from %s to %s, such as 250ms or 5m", value, least, most)
		}
		*field(c) = d
		return nil
	}
}

func fraction(field func(*Config) *float64, least, most float64) func(*Config, string) error {
	return func(c *Config, value string) error {
		f, err := strconv.ParseFloat(value, 64)
		if err != nil || !(f >= least && f <= most) {
			return fmt.Errorf("%q is not a number from %g to %g", value, least, most)
		}
		*field(c) = f
		return nil
	}
}

// maxQuestions bounds a list of questions.
const maxQuestions = 100

// questions takes a list with | between its members, or off for none.
func questions(field func(*Config) *[]string) func(*Config, string) error {
	return func(c *Config, value string) error {
		list := []string{}
		for _, question := range strings.Split(value, "|") {
			if question = strings.TrimSpace(question); len(question) > pika.MaxQueryBytes || !utf8.ValidString(question) {
				return fmt.Errorf("a question has at most %d bytes of UTF-8", pika.MaxQueryBytes)
			}
			if question != "" && value != "off" {
				list = append(list, question)
			}
		}
		if len(list) > maxQuestions {
			return fmt.Errorf("%d questions are too many: at most %d", len(list), maxQuestions)
		}
		*field(c) = list
		return nil
	}
}

func boolean(field func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, value string) error {
		b, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("%q is not true or false", value)
		}
		*field(c) = b
		return nil
	}
}

func setPayloadKey(c *Config, value string) error {
	key, err := base64.StdEncoding.DecodeString(value)
	if err != nil || len(key) != 32 {
		return fmt.Errorf("it must be 32 bytes in base64 (make one: head -c 32 /dev/urandom | base64)")
	}
	c.PayloadKey = key
	return nil
}

func setMemory(c *Config, value string) error {
	units := []struct {
		suffix string
		factor int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}}
	for _, u := range units {
		digits, ok := strings.CutSuffix(value, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 32)
		if err != nil || n*u.factor < 32<<20 || n*u.factor > 1<<40 {
			break
		}
		c.Memory = n * u.factor
		return nil
	}
	return fmt.Errorf("%q is not a size from 32MiB to 1024GiB, such as 384MiB or 2GiB", value)
}

func setLogLevel(c *Config, value string) error {
	switch value {
	case "debug", "info", "warn", "error":
		return c.LogLevel.UnmarshalText([]byte(value))
	}
	return fmt.Errorf("%q is not one of: debug, info, warn, error", value)
}
