package dynamo

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain/fault"
)

// A table is one table. All reads are strongly consistent, but those of items by
// their keys of a table that is late.
type table struct {
	*DB
	name string
	late bool
}

// get returns the item with the key, nil if there is none.
func (t table) get(ctx context.Context, key item) (it item, err error) {
	err = t.Retry.call(ctx, func() error {
		out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: key, ConsistentRead: aws.Bool(true)})
		if err == nil {
			it = out.Item
		}
		return err
	})
	return it, err
}

// many returns the items with the keys, which must differ, 100 in a request.
func (t table) many(ctx context.Context, keys []item) ([]item, error) {
	parts := slices.Collect(slices.Chunk(keys, 100))
	found := make([][]item, len(parts))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(t.limit(1))
	for i, part := range parts {
		g.Go(func() (err error) {
			found[i], err = t.readBatch(gctx, part)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(found...), nil
}

func (t table) readBatch(ctx context.Context, keys []item) ([]item, error) {
	found := make([]item, 0, len(keys))
	for tries := t.Retry.start(); ; {
		out, err := t.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
			t.name: {ConsistentRead: aws.Bool(!t.late), Keys: keys}}})
		if err == nil {
			found = append(found, out.Responses[t.name]...)
			left := out.UnprocessedKeys[t.name].Keys
			if len(left) == 0 {
				return found, nil
			}
			if len(left) < len(keys) {
				tries.progressed()
			}
			keys, err = left, busy("BatchGetItem: keys left unprocessed")
		}
		if err := tries.again(ctx, err); err != nil {
			return nil, err
		}
	}
}

func busy(text string) error {
	return fault.Wrap(fault.Busy, "busy", errors.New("DynamoDB "+text))
}

// pages yields what a query finds, answer by answer, until an error.
func (t table) pages(ctx context.Context, q dynamodb.QueryInput) iter.Seq2[[]item, error] {
	return func(yield func([]item, error) bool) {
		q.TableName = &t.name
		if q.IndexName == nil {
			q.ConsistentRead = aws.Bool(true)
		}
		for {
			var out *dynamodb.QueryOutput
			err := t.Retry.call(ctx, func() (err error) {
				out, err = t.client.Query(ctx, &q)
				return err
			})
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(out.Items, nil) || out.LastEvaluatedKey == nil {
				return
			}
			q.ExclusiveStartKey = out.LastEvaluatedKey
		}
	}
}

// items yields what a query finds, item by item, until an error.
func (t table) items(ctx context.Context, q dynamodb.QueryInput) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		for page, err := range t.pages(ctx, q) {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, it := range page {
				if !yield(it, nil) {
					return
				}
			}
		}
	}
}

// scan calls f for what a scan finds, page by page.
func (t table) scan(ctx context.Context, q dynamodb.ScanInput, f func([]item) error) error {
	q.TableName, q.ConsistentRead = &t.name, aws.Bool(true)
	for {
		var out *dynamodb.ScanOutput
		err := t.Retry.call(ctx, func() (err error) {
			out, err = t.client.Scan(ctx, &q)
			return err
		})
		if err == nil && len(out.Items) > 0 {
			err = f(out.Items)
		}
		if err != nil {
			return err
		}
		if q.ExclusiveStartKey = out.LastEvaluatedKey; q.ExclusiveStartKey == nil {
			return nil
		}
	}
}

// partition is the query of all items of one partition.
func partition(pk string) dynamodb.QueryInput {
	return dynamodb.QueryInput{KeyConditionExpression: aws.String("pk = :pk"), ExpressionAttributeValues: item{":pk": str(pk)}}
}

// beginning is the query of those whose sort keys begin so.
func beginning(pk, sk string) dynamodb.QueryInput {
	return dynamodb.QueryInput{KeyConditionExpression: aws.String("pk = :pk AND begins_with(sk, :sk)"),
		ExpressionAttributeValues: item{":pk": str(pk), ":sk": str(sk)}}
}

// mostIn is how many partitions one statement may ask for.
const mostIn = 50

// in calls found for the key of each item of the partitions, at most mostIn: one
// request for all, and as the service answers ten items a page, one for each ten.
func (t table) in(ctx context.Context, pks []string, found func(item)) error {
	values := make([]types.AttributeValue, len(pks))
	for i, pk := range pks {
		values[i] = str(pk)
	}
	q := dynamodb.ExecuteStatementInput{
		Statement:  aws.String(`SELECT "pk", "sk" FROM "` + t.name + `" WHERE "pk" IN [` + strings.TrimSuffix(strings.Repeat("?,", len(pks)), ",") + `]`),
		Parameters: values, ConsistentRead: aws.Bool(true),
	}
	for {
		var out *dynamodb.ExecuteStatementOutput
		if err := t.Retry.call(ctx, func() (err error) {
			out, err = t.client.ExecuteStatement(ctx, &q)
			return err
		}); err != nil {
			return err
		}
		for _, it := range out.Items {
			found(it)
		}
		if q.NextToken = out.NextToken; q.NextToken == nil {
			return nil
		}
	}
}

// put writes an item whatever is there.
func (t table) put(ctx context.Context, it item) error {
	return t.Retry.call(ctx, func() error {
		_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.name, Item: it})
		return err
	})
}

// update changes an item and returns it as it is afterwards. If the condition
// does not hold, held is false and the item is what is there, nil for nothing.
func (t table) update(ctx context.Context, u dynamodb.UpdateItemInput) (it item, held bool, err error) {
	u.TableName = &t.name
	u.ReturnValues = types.ReturnValueAllNew
	if u.ConditionExpression != nil {
		u.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	}
	held, found, err := t.conditional(ctx, func() error {
		out, err := t.client.UpdateItem(ctx, &u)
		if err == nil {
			it = out.Attributes
		}
		return err
	})
	if !held {
		it = found
	}
	return it, held, err
}

// remove deletes an item under a condition, and is content if that fails.
func (t table) remove(ctx context.Context, key item, condition string, names map[string]string, values item) error {
	_, _, err := t.conditional(ctx, func() error {
		_, err := t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &t.name, Key: key, ConditionExpression: &condition,
			ExpressionAttributeNames: names, ExpressionAttributeValues: values})
		return err
	})
	return err
}

// conditional makes a call under a condition and returns whether that held and
// what it found.
func (db *DB) conditional(ctx context.Context, f func() error) (held bool, found item, err error) {
	err = db.Retry.call(ctx, func() error {
		err := f()
		if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
			found = failed.Item
			return nil
		}
		held = err == nil
		return err
	})
	return held, found, err
}

func putRequest(it item) types.WriteRequest {
	return types.WriteRequest{PutRequest: &types.PutRequest{Item: it}}
}

func deleteRequest(key item) types.WriteRequest {
	return types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: item{"pk": key["pk"], "sk": key["sk"]}}}
}

// writeMany makes any number of puts and deletions without conditions, of
// different keys, 25 in a request.
func (t table) writeMany(ctx context.Context, rs []types.WriteRequest) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(t.limit(2))
	for part := range slices.Chunk(rs, 25) {
		g.Go(func() error { return t.writeBatch(gctx, map[string][]types.WriteRequest{t.name: part}) })
	}
	return g.Wait()
}

// writeBatch makes at most 25 puts and deletions, of any tables.
func (db *DB) writeBatch(ctx context.Context, left map[string][]types.WriteRequest) error {
	count := func(m map[string][]types.WriteRequest) (n int) {
		for _, rs := range m {
			n += len(rs)
		}
		return n
	}
	if err := db.window.enter(ctx); err != nil {
		return err
	}
	defer db.window.leave()
	for tries := db.Retry.start(); ; {
		attempt := db.window.began()
		out, err := db.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: left})
		db.window.answered(attempt, awsfault.Throttled(err) || err == nil && len(out.UnprocessedItems) > 0)
		if err == nil {
			n := count(out.UnprocessedItems)
			if n == 0 {
				return nil
			}
			if n < count(left) {
				tries.progressed()
			}
			left, err = out.UnprocessedItems, busy("BatchWriteItem: items left unprocessed")
		}
		if err := tries.again(ctx, err); err != nil {
			return err
		}
	}
}
