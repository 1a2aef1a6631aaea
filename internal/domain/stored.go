package domain

import "io"

// File is one stored object, open for reading at any place. A short or broken
// answer of the store is asked again; it is never taken for the end.
type File interface {
	io.ReaderAt
	Size() int64
}

// Part says what of an institution's contacts is read.
type Part struct {
	After  ContactNumber // only those with higher numbers; "" for all
	Fields []Field       // nil for all that there are
}

// Once makes creating repeatable: the same Key within 24 hours returns what the
// first call made; with another Digest it is a fault of kind Conflict with code
// "idempotencyKeyReused".
type Once struct {
	Key    string // "" for none; scoped to the institution and the kind of job
	Digest string // of the request
}
