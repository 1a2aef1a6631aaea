package dynamo

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/google/uuid"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain/fault"
)

// maxTransaction is how many items a transaction takes.
const maxTransaction = 100

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
func (db *DB) transact(ctx context.Context, items ...types.TransactWriteItem) error {
	_, err := db.transactInDoubt(ctx, items...)
	return err
}

// transactInDoubt also reports whether an attempt ended without the service's
// answer, so that it may have been made whatever came afterwards.
func (db *DB) transactInDoubt(ctx context.Context, items ...types.TransactWriteItem) (doubt bool, err error) {
	items, written, err := withEntry(ctx, items)
	if err != nil {
		return false, err
	}
	token := uuid.NewString()
	if err := db.window.enter(ctx); err != nil {
		return false, err
	}
	defer db.window.leave()
	for tries := db.Retry.start(); ; {
		attempt := db.window.began()
		_, err := db.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items, ClientRequestToken: &token})
		again, err := cancelled(err)
		db.window.answered(attempt, again || awsfault.Throttled(err))
		if err == nil {
			written()
			return doubt, nil
		}
		if _, ok := errors.AsType[errRaced](err); ok {
			return doubt, err
		}
		doubt = doubt || awsfault.Unanswered(err)
		if again {
			token = uuid.NewString() // that transaction is over: this is another
		}
		if err := tries.again(ctx, err); err != nil {
			return doubt, err
		}
	}
}

// cancelled tells an error of a transaction: errRaced for a condition, kind Busy
// and again for one that was cancelled for a conflict or its rate.
func cancelled(err error) (again bool, _ error) {
	if canceled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		for _, r := range canceled.CancellationReasons {
			switch aws.ToString(r.Code) {
			case "ConditionalCheckFailed":
				return false, errRaced{canceled.CancellationReasons}
			case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
				again = true
			case "ValidationError":
				return false, validation(err, aws.ToString(r.Message))
			}
		}
		if again {
			return true, busy("TransactWriteItems: cancelled for a conflict or its rate")
		}
	} else if e, ok := errors.AsType[smithy.APIError](err); ok && awsfault.Code(err) == "ValidationException" {
		return false, validation(err, e.ErrorMessage())
	}
	return false, err
}

// validation tells an item over the limit from a request that we built wrongly.
func validation(err error, message string) error {
	if strings.Contains(message, "Item size") {
		return fault.Wrap(fault.TooLarge, "itemTooLarge", errors.New("DynamoDB: the item would be over its size limit"))
	}
	return awsfault.Of(err)
}
