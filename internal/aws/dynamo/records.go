package dynamo

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Records keeps things of one kind, each a document with a version: pk is the
// institution and the kind, sk the id. Those that fall due are in the index of
// open jobs, by their kind.
type Records[T domain.Record] struct {
	jobs *Jobs // whose table it is
	kind string
}

// NewRecords returns the records of a kind in the jobs' table.
func NewRecords[T domain.Record](jobs *Jobs, kind string) Records[T] { return Records[T]{jobs, kind} }

func (s Records[T]) key(in domain.InstitutionID, id string) item {
	return keys(string(in)+"#"+s.kind, id)
}

func (s Records[T]) item(in domain.InstitutionID, id string, v T, version int64) (item, error) {
	doc, err := marshal(v)
	if err != nil {
		return nil, err
	}
	it := s.key(in, id)
	it["doc"], it["v"] = doc, num(version)
	expires(it, v.Ends())
	open(it, domain.JobKind(s.kind), !v.Due().IsZero(), v.Due())
	return it, nil
}

func readRecord[T any](it item) (v T, err error) {
	err = unmarshal(it, &v)
	return v, err
}

// Create keeps a new record; an id that is taken is kind Conflict "exists".
func (s Records[T]) Create(ctx context.Context, in domain.InstitutionID, id string, v T) error {
	it, err := s.item(in, id, v, 1)
	if err != nil {
		return err
	}
	err = s.jobs.table.transact(ctx, types.TransactWriteItem{Put: &types.Put{TableName: &s.jobs.table.name, Item: it,
		ConditionExpression: aws.String(gone), ExpressionAttributeNames: map[string]string{"#ttl": "ttl"},
		ExpressionAttributeValues: item{":now": s.jobs.nowSeconds()}}})
	if _, ok := errors.AsType[errRaced](err); ok {
		return versionRaced(0)
	}
	return err
}

// Get returns a record, or kind NotFound.
func (s Records[T]) Get(ctx context.Context, in domain.InstitutionID, id string) (v T, err error) {
	it, err := s.jobs.get(ctx, s.key(in, id))
	if err != nil {
		return v, err
	}
	return readRecord[T](it)
}

// Change applies f to the record, or to a zero one if there is none, and keeps
// the result.
func (s Records[T]) Change(ctx context.Context, in domain.InstitutionID, id string, f func(*T) error) (v T, err error) {
	for tries := s.jobs.table.Retry.start(); ; {
		var next T
		stored, err := s.jobs.get(ctx, s.key(in, id))
		missing := err != nil && fault.KindOf(err) == fault.NotFound
		if err == nil {
			next, err = readRecord[T](stored)
		}
		if err != nil && !missing {
			return v, err
		}
		if err := f(&next); err != nil {
			return v, err
		}
		it, err := s.item(in, id, next, number(stored["v"])+1)
		if err != nil {
			return v, err
		}
		put := &types.Put{TableName: &s.jobs.table.name, Item: it, ConditionExpression: aws.String("#v = :v"),
			ExpressionAttributeNames: map[string]string{"#v": "v"}, ExpressionAttributeValues: item{":v": stored["v"]}}
		if missing {
			put.ConditionExpression = aws.String(gone)
			put.ExpressionAttributeNames, put.ExpressionAttributeValues = map[string]string{"#ttl": "ttl"}, item{":now": s.jobs.nowSeconds()}
		}
		err = s.jobs.table.transact(ctx, types.TransactWriteItem{Put: put})
		if _, raced := errors.AsType[errRaced](err); !raced {
			return next, err
		}
		if err := tries.again(ctx, errContended); err != nil {
			return v, err
		}
	}
}

// Delete removes a record, or returns kind NotFound.
func (s Records[T]) Delete(ctx context.Context, in domain.InstitutionID, id string) error {
	err := s.jobs.table.transact(ctx, types.TransactWriteItem{Delete: &types.Delete{TableName: &s.jobs.table.name, Key: s.key(in, id),
		ConditionExpression: aws.String(alive), ExpressionAttributeNames: map[string]string{"#ttl": "ttl"},
		ExpressionAttributeValues: item{":now": s.jobs.nowSeconds()}}})
	if _, ok := errors.AsType[errRaced](err); ok {
		return fault.Missing()
	}
	return err
}

// List lists an institution's records, the highest id first.
func (s Records[T]) List(ctx context.Context, in domain.InstitutionID, limit int, from string) ([]T, string, error) {
	return list(ctx, s.jobs, stringOf(s.key(in, "")["pk"]), s.kind, limit, from, readRecord[T])
}

// Fallen yields the records of all institutions that were due before the time,
// the earliest first. What changed in the last second may be missing or be
// there as it was.
func (s Records[T]) Fallen(ctx context.Context, before time.Time) iter.Seq2[domain.Fallen[T], error] {
	return opened(ctx, s.jobs, domain.JobKind(s.kind), before, func(it item) (f domain.Fallen[T], err error) {
		in, _, _ := strings.Cut(stringOf(it["pk"]), "#")
		f.Institution, f.ID = domain.InstitutionID(in), stringOf(it["sk"])
		f.Record, err = readRecord[T](it)
		return f, err
	})
}
