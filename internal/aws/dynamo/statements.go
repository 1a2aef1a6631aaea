package dynamo

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain/fault"
)

// The service's limits for PartiQL: statements in a batch, bytes in one.
const (
	maxStatements = 25
	maxStatement  = 8192
)

// A statement is one of a batch, with its place in the caller's answer.
type statement struct {
	at    int
	st    types.BatchStatementRequest
	doubt bool // an attempt of it ended without the service's answer
}

// An answer is what became of a statement.
type answer struct {
	// refused is why the service did not do it, nil if it did.
	refused *types.BatchStatementError
	// err says instead that it was not answered for as long as it was tried.
	err error
	// doubt says that an attempt ended without the service's answer: it may have
	// been done, or be done yet, whatever the answer says.
	doubt bool
}

// condition reports that the statement's condition did not hold.
func (a answer) condition() bool {
	return a.refused != nil && a.refused.Code == types.BatchStatementErrorCodeEnumConditionalCheckFailed
}

// duplicate reports that an INSERT found an item with its key.
func (a answer) duplicate() bool {
	return a.condition() || a.refused != nil && a.refused.Code == types.BatchStatementErrorCodeEnumDuplicateItem
}

// fault returns the error of a statement that neither was done nor failed its
// condition.
func (a answer) fault() error {
	switch {
	case a.err != nil:
		return a.err
	case a.refused == nil:
		return nil
	case a.refused.Code == types.BatchStatementErrorCodeEnumValidationError && strings.Contains(aws.ToString(a.refused.Message), "Item size"):
		return tooLarge()
	}
	return fault.Wrap(fault.Internal, "aws", errors.New("DynamoDB BatchExecuteStatement: "+string(a.refused.Code)))
}

// execute runs any number of statements of different keys, 25 in a request and
// those that the service puts off again. each is told the answer of every one,
// by several at once. One that the service never takes does not hold up the
// others. An error means that some were not answered.
func (db *DB) execute(ctx context.Context, all []statement, each func(at int, a answer)) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(db.limit(1))
	for part := range slices.Chunk(all, maxStatements) {
		g.Go(func() error { return db.executeBatch(gctx, part, each) })
	}
	return g.Wait()
}

func (db *DB) executeBatch(ctx context.Context, pending []statement, each func(at int, a answer)) error {
	if err := db.window.enter(ctx); err != nil {
		return err
	}
	defer db.window.leave()
	for tries := db.Retry.start(); ; {
		attempt := db.window.began()
		requests := make([]types.BatchStatementRequest, len(pending))
		for i, p := range pending {
			requests[i] = p.st
		}
		out, err := db.client.BatchExecuteStatement(ctx, &dynamodb.BatchExecuteStatementInput{Statements: requests})
		if err == nil && len(out.Responses) != len(pending) {
			err = fault.Wrap(fault.Internal, "aws", errors.New("DynamoDB BatchExecuteStatement: not an answer for each statement"))
		}
		throttled := awsfault.Throttled(err)
		unanswered := awsfault.Unanswered(err)
		var again []statement
		for i, p := range pending {
			if err != nil {
				p.doubt = p.doubt || unanswered
				again = append(again, p)
				continue
			}
			e := out.Responses[i].Error
			switch {
			case e == nil || !putOff(e):
				each(p.at, answer{refused: e, doubt: p.doubt})
				continue
			case e.Code == types.BatchStatementErrorCodeEnumInternalServerError:
				p.doubt = true
			case e.Code != types.BatchStatementErrorCodeEnumTransactionConflict:
				throttled = true
			}
			again = append(again, p)
		}
		db.window.answered(attempt, throttled)
		if len(again) == 0 {
			return nil
		}
		if len(again) < len(pending) {
			tries.progressed()
		}
		pending = again
		if err == nil {
			err = busy("BatchExecuteStatement: statements put off")
		}
		if !awsfault.Busy(err) {
			return awsfault.Of(err)
		}
		if err := tries.again(ctx, err); err != nil {
			if ctx.Err() != nil {
				return awsfault.Of(err)
			}
			for _, p := range pending {
				each(p.at, answer{err: err, doubt: p.doubt})
			}
			return nil
		}
	}
}

// putOff reports whether a statement may succeed when it is run again.
func putOff(e *types.BatchStatementError) bool {
	switch e.Code {
	case types.BatchStatementErrorCodeEnumThrottlingError, types.BatchStatementErrorCodeEnumProvisionedThroughputExceeded,
		types.BatchStatementErrorCodeEnumRequestLimitExceeded, types.BatchStatementErrorCodeEnumInternalServerError,
		types.BatchStatementErrorCodeEnumTransactionConflict:
		return true
	}
	return false
}

// insertStatement returns the statement that makes an item, if there is none
// with its key.
func insertStatement(table string, it item) types.BatchStatementRequest {
	names := slices.Sorted(maps.Keys(it))
	params := make([]types.AttributeValue, len(names))
	var b strings.Builder
	b.WriteString(`INSERT INTO "` + table + `" VALUE {`)
	for i, name := range names {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("'" + name + "':?")
		params[i] = it[name]
	}
	b.WriteString("}")
	return types.BatchStatementRequest{Statement: aws.String(b.String()), Parameters: params}
}
