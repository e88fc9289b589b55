package truth

import "time"

// Micros is a time as the tables hold it: microseconds since 1970, rounded down.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// FromMicros is the time that Micros made a number of, in UTC.
func FromMicros(v int64) time.Time { return time.UnixMicro(v).UTC() }

// Floor rounds a time down to what a row can hold.
func Floor(t time.Time) time.Time { return FromMicros(Micros(t)) }

// FloorOptional is Floor for a time that may not be stated.
func FloorOptional(t *time.Time) *time.Time { return OptionalTime(OptionalMicros(t)) }

// OptionalMicros is Micros for a time that may not be stated: nil, in a row NULL.
func OptionalMicros(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	v := Micros(*t)
	return &v
}

// OptionalTime is the time that OptionalMicros made a number of.
func OptionalTime(v *int64) *time.Time {
	if v == nil {
		return nil
	}
	t := FromMicros(*v)
	return &t
}
