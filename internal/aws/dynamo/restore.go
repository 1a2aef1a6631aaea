package dynamo

import (
	"context"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"
)

// Restored says what became of a table's items.
type Restored struct {
	Same    int // as they were
	Put     int // that were missing or had changed
	Deleted int // that were not there then
}

// restoreAtOnce is how many parts of a table are read at the same time.
const restoreAtOnce = 8

// Restore makes the items of a table those of a copy of it, as point-in-time recovery
// makes one of an earlier moment, and writes only what differs: the table keeps its
// name, stream, indexes and backups. Nobody else may write to it meanwhile. After a
// failure it may be called again, and does the rest. Memory does not grow with the
// table; both are read once, and the copy a second time by its keys.
func Restore(ctx context.Context, db *DB, from, to string) (Restored, error) {
	was, is := table{DB: db, name: from}, table{DB: db, name: to}
	var all Restored
	// What is there now, as it was; then what is no longer there.
	for _, pass := range []struct {
		scanned, asked table
		compare        func(scanned []item, other map[string]item) (Restored, []types.WriteRequest)
	}{
		{is, was, func(now []item, before map[string]item) (r Restored, ws []types.WriteRequest) {
			for _, it := range now {
				earlier, there := before[keyText(it)]
				switch {
				case !there:
					r.Deleted++
					ws = append(ws, deleteRequest(keyOf(it)))
				case !reflect.DeepEqual(it, earlier):
					r.Put++
					ws = append(ws, putRequest(earlier))
				default:
					r.Same++
				}
			}
			return r, ws
		}},
		{was, is, func(before []item, now map[string]item) (r Restored, ws []types.WriteRequest) {
			for _, it := range before {
				if _, there := now[keyText(it)]; !there {
					r.Put++
					ws = append(ws, putRequest(it))
				}
			}
			return r, ws
		}},
	} {
		parts := make([]Restored, restoreAtOnce)
		g, gctx := errgroup.WithContext(ctx)
		for n := range restoreAtOnce {
			g.Go(func() error {
				part := dynamodb.ScanInput{Segment: aws.Int32(int32(n)), TotalSegments: aws.Int32(restoreAtOnce), Limit: aws.Int32(500)}
				return pass.scanned.scan(gctx, part, func(items []item) error {
					ask := make([]item, len(items))
					for i, it := range items {
						ask[i] = keyOf(it)
					}
					found, err := pass.asked.many(gctx, ask)
					if err != nil {
						return err
					}
					other := make(map[string]item, len(found))
					for _, it := range found {
						other[keyText(it)] = it
					}
					r, ws := pass.compare(items, other)
					parts[n] = Restored{parts[n].Same + r.Same, parts[n].Put + r.Put, parts[n].Deleted + r.Deleted}
					return is.writeMany(gctx, ws)
				})
			})
		}
		err := g.Wait()
		for _, r := range parts {
			all = Restored{all.Same + r.Same, all.Put + r.Put, all.Deleted + r.Deleted}
		}
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// keyOf is the key alone of an item of any of our tables.
func keyOf(it item) item { return item{"pk": it["pk"], "sk": it["sk"]} }

func keyText(it item) string { return stringOf(it["pk"]) + "\x00" + stringOf(it["sk"]) }
