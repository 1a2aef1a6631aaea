// Package dynamo keeps contacts, catalogue and jobs in DynamoDB. It alone knows
// how they lie in the tables; docs/storage.md describes it.
//
// DB is the connection that all stores share, with the one policy by which a
// call is tried again; table is one table, with the few ways in which items are
// read and written. Each thing that is kept has a type of its own on top:
// people (contacts by number), lookups (by e-mail address and name), claims (of
// identities), numbers (of lines), changes (the history). Contacts puts these
// together; Catalogue and Jobs have tables of their own.
//
// Every table has the string keys pk and sk. A repeated call never does twice
// what it was asked to do once.
package dynamo

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// DB is a connection to DynamoDB. All stores of a process share one, so that
// together they give way when the tables are busy.
type DB struct {
	// Concurrency is how many requests one call makes at once; 4 unless set.
	Concurrency int
	// Now says what time it is, for what is remembered with a time.
	Now func() time.Time
	// Retry says how long calls are tried.
	Retry Retry

	client *dynamodb.Client
	window *window
}

// Open returns a connection with the settings. The client does not retry by
// itself: every attempt is made, and counted, by Retry.
func Open(conf aws.Config, options ...func(*dynamodb.Options)) *DB {
	client := dynamodb.NewFromConfig(conf, append([]func(*dynamodb.Options){func(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} }}, options...)...)
	return &DB{Concurrency: 4, Now: time.Now, Retry: Retry{Patience: 2 * time.Minute, Now: time.Now, Sleep: sleep, Draw: rand.N[time.Duration]}, client: client, window: newWindow(16)}
}

// limit is how many requests one call makes at once, times for small ones.
func (db *DB) limit(times int) int { return times * max(1, db.Concurrency) }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
