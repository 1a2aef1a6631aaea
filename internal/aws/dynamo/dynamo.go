// Package dynamo keeps contacts, catalogue and jobs in DynamoDB. It alone knows
// how they lie in the tables; docs/storage.md describes it.
//
// Every table has the string keys pk and sk; jobs also has the TTL attribute
// ttl. Throttling, 5xx and broken connections are retried here, on top of the
// client's own retries, with growing random waits and a bound: what is returned
// as kind Busy was tried for several seconds. A repeated call never does twice
// what it was asked to do once.
package dynamo

import (
	"context"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/google/uuid"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain/fault"
)

type item = map[string]types.AttributeValue

// attempts is how often a call is made before its caller hears of Busy. With
// the waits between them that is about six seconds.
const attempts = 10

// Wait waits before the attempt with the number (1 for the second call), or
// returns the context's error.
type Wait func(ctx context.Context, attempt int) error

// backoff waits up to 25 ms, 50 ms, … 5 s, at random, so that callers who were
// throttled together do not come back together.
func backoff(ctx context.Context, attempt int) error {
	most := min(25*time.Millisecond<<min(attempt-1, 10), 5*time.Second)
	t := time.NewTimer(rand.N(most))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retrying calls f until it succeeds, fails for good, or was tried often enough.
func (w Wait) retrying(ctx context.Context, f func() error) error {
	for attempt := 1; ; attempt++ {
		err := f()
		if err == nil || !awsfault.Busy(err) || attempt == attempts || ctx.Err() != nil {
			return awsfault.Of(err)
		}
		if err := w(ctx, attempt); err != nil {
			return awsfault.Of(err)
		}
	}
}

// errRaced says that a condition of a transaction did not hold.
type errRaced struct{ reasons []types.CancellationReason }

func (errRaced) Error() string { return "condition failed" }

// failed returns the item that the i-th condition found, nil if there was none,
// and whether it was that condition that did not hold.
func (e errRaced) failed(i int) (item, bool) {
	r := e.reasons[i]
	return r.Item, aws.ToString(r.Code) == "ConditionalCheckFailed"
}

// transact writes all of the items or none, once: the token makes a call that
// is repeated after a lost answer the same call. It returns an errRaced if a
// condition does not hold.
func (w Wait) transact(ctx context.Context, c *dynamodb.Client, items ...types.TransactWriteItem) error {
	token := uuid.NewString()
	for attempt := 1; ; attempt++ {
		_, err := c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items, ClientRequestToken: &token})
		if err == nil {
			return nil
		}
		again := awsfault.Busy(err)
		if canceled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
			again = false
			for _, r := range canceled.CancellationReasons {
				switch aws.ToString(r.Code) {
				case "ConditionalCheckFailed":
					return errRaced{canceled.CancellationReasons}
				case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
					again = true
				case "ValidationError":
					return validation(err, aws.ToString(r.Message))
				}
			}
			if again {
				token = uuid.NewString() // that transaction is over: this is another
				err = fault.Wrap(fault.Busy, "busy", errors.New("DynamoDB TransactWriteItems: cancelled for a conflict or its rate"))
			}
		} else if e, ok := errors.AsType[smithy.APIError](err); ok && awsfault.Code(err) == "ValidationException" {
			return validation(err, e.ErrorMessage())
		}
		if !again || attempt == attempts || ctx.Err() != nil {
			return awsfault.Of(err)
		}
		if err := w(ctx, attempt); err != nil {
			return awsfault.Of(err)
		}
	}
}

// validation tells an item over the limit from a request that we built wrongly.
func validation(err error, message string) error {
	if strings.Contains(message, "Item size") {
		return fault.Wrap(fault.TooLarge, "itemTooLarge", errors.New("DynamoDB: the item would be over its size limit"))
	}
	return awsfault.Of(err)
}

// Cursors name the last sort key that a page showed, with the kind of list.
const cursorMark = "1:"

func cursor(list, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorMark + list + ":" + key))
}

// after returns the sort key that a cursor of the list names, "" for no cursor.
func after(list, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	key, ok := strings.CutPrefix(string(b), cursorMark+list+":")
	if err != nil || !ok || key == "" || len(key) > 1024 {
		return "", badCursor()
	}
	return key, nil
}

func badCursor() error {
	return fault.At("query.cursor", "cursorInvalid", "This cursor does not come from this list.")
}

func pageSize(limit int) int {
	if limit <= 0 {
		return 50
	}
	return limit
}

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func num(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
func keys(pk, sk string) item             { return item{"pk": str(pk), "sk": str(sk)} }
func object(m item) types.AttributeValue  { return &types.AttributeValueMemberM{Value: m} }
func boolean(b bool) types.AttributeValue { return &types.AttributeValueMemberBOOL{Value: b} }

// stringOf returns a string attribute, "" if it is missing.
func stringOf(a types.AttributeValue) string {
	if s, ok := a.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// number returns a number attribute, 0 if it is missing.
func number(a types.AttributeValue) int64 {
	if n, ok := a.(*types.AttributeValueMemberN); ok {
		v, _ := strconv.ParseInt(n.Value, 10, 64)
		return v
	}
	return 0
}

// inner returns a map attribute, nil if it is missing.
func inner(a types.AttributeValue) item {
	if m, ok := a.(*types.AttributeValueMemberM); ok {
		return m.Value
	}
	return nil
}
