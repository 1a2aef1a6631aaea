package dynamo

import (
	"bytes"
	"cmp"
	"compress/flate"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// What imports change is kept packed: one compressed item for each bucket of
// contacts and chunk of an import. A unit so holds the history of some twenty
// rows and not of one. A contact's history is one query of its bucket.

// historyBuckets is over how many partitions an institution's history is spread:
// a chunk then has few items, and a look at a contact reads a 256th of all.
const historyBuckets = 256

func packedKey(in domain.InstitutionID, n domain.ContactNumber) string {
	h := fnv.New32a()
	h.Write([]byte(n))
	return bucketOfHistory(in, int(h.Sum32()%historyBuckets))
}

// bucketOfHistory has three digits where a bucket of contacts has two.
func bucketOfHistory(in domain.InstitutionID, bucket int) string {
	return fmt.Sprintf("%s#%03d", in, bucket)
}

func packedSort(imp string, round, chunk int) string {
	return fmt.Sprintf("%s#%d#%06d", imp, round, chunk)
}

// packedChange is what one line changed in one contact, as it is packed.
type packedChange struct {
	Number domain.ContactNumber       `json:"n"`
	At     int64                      `json:"t,omitempty"` // nanoseconds
	Import string                     `json:"i,omitempty"` // where it is not the item's
	Line   int                        `json:"l,omitempty"`
	By     string                     `json:"w,omitempty"`
	Fields map[domain.Field][2]string `json:"f"`
}

// compress returns the attribute that keeps v as compressed JSON.
func compress(v any) (types.AttributeValue, error) {
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestCompression)
	if err == nil {
		err = json.NewEncoder(z).Encode(v)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "docWritten", err)
	}
	return &types.AttributeValueMemberB{Value: b.Bytes()}, nil
}

// decompress returns what an item keeps packed, of at most so many bytes; nothing if it
// keeps nothing.
func decompress[T any](it item, most int64) (v T, err error) {
	b, ok := it["z"].(*types.AttributeValueMemberB)
	if !ok {
		return v, nil
	}
	z := flate.NewReader(bytes.NewReader(b.Value))
	if err := json.NewDecoder(io.LimitReader(z, most)).Decode(&v); err != nil {
		return v, fault.Wrap(fault.Internal, "docUnreadable", err)
	}
	return v, nil
}

func unpackChanges(it item) ([]packedChange, error) { return decompress[[]packedChange](it, 64<<20) }

// PutHistory keeps what a sealed chunk changed, unless it is kept already.
func (s changes) PutHistory(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int, es []domain.HistoryEntry) error {
	type line struct {
		n    domain.ContactNumber
		line int
	}
	of := map[string]map[line]*packedChange{} // by bucket
	for _, e := range es {
		pk := packedKey(in, e.Number)
		if of[pk] == nil {
			of[pk] = map[line]*packedChange{}
		}
		c := of[pk][line{e.Number, e.Line}]
		if c == nil {
			c = &packedChange{Number: e.Number, Line: e.Line, By: string(e.By), Fields: map[domain.Field][2]string{}}
			if !e.At.IsZero() {
				c.At = e.At.UnixNano()
			}
			if e.Import != imp {
				c.Import = e.Import
			}
			of[pk][line{e.Number, e.Line}] = c
		}
		c.Fields[e.Field] = [2]string{string(e.Before), string(e.After)}
	}
	var all []statement
	for _, pk := range slices.Sorted(maps.Keys(of)) {
		var cs []packedChange
		for _, c := range of[pk] {
			cs = append(cs, *c)
		}
		slices.SortFunc(cs, func(a, b packedChange) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Number, b.Number))
		})
		for part, cs := range inParts(cs) {
			z, err := compress(cs)
			if err != nil {
				return err
			}
			sk := packedSort(imp, round, chunk)
			if part > 0 {
				sk += fmt.Sprintf("#%02d", part)
			}
			it := keys(pk, sk)
			it["z"] = z
			expires(it, s.Now().Add(historyLife))
			all = append(all, statement{at: len(all), st: insertStatement(s.name, it)})
		}
	}
	var mu sync.Mutex
	var failure error
	if err := s.execute(ctx, all, func(_ int, a answer) {
		if !a.duplicate() && a.fault() != nil { // a duplicate is the same
			mu.Lock()
			defer mu.Unlock()
			failure = a.fault()
		}
	}); err != nil {
		return err
	}
	return failure
}

// inParts cuts changes where they would not fit into one item, the same whoever
// does it.
func inParts(cs []packedChange) [][]packedChange {
	var out [][]packedChange
	size, from := 0, 0
	for i, c := range cs {
		n := len(c.Number) + 40
		for f, v := range c.Fields {
			n += len(f) + len(v[0]) + len(v[1]) + 10
		}
		if size+n > maxHistory && i > from {
			out = append(out, cs[from:i])
			size, from = 0, i
		}
		size += n
	}
	return append(out, cs[from:])
}

// packedOf returns a contact's packed entries, by the import's line.
func (s changes) packedOf(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber) (map[string][]domain.HistoryEntry, error) {
	out := map[string][]domain.HistoryEntry{}
	for it, err := range s.items(ctx, partition(packedKey(in, n))) {
		if err != nil {
			return nil, err
		}
		cs, err := unpackChanges(it)
		if err != nil {
			return nil, err
		}
		imp, _, _ := strings.Cut(stringOf(it["sk"]), "#")
		for _, c := range cs {
			if c.Number != n {
				continue
			}
			e := domain.HistoryEntry{Number: n, Import: cmp.Or(c.Import, imp), Line: c.Line, By: domain.Who(c.By)}
			if c.At != 0 {
				e.At = time.Unix(0, c.At).UTC()
			}
			for _, f := range slices.Sorted(maps.Keys(c.Fields)) {
				e.Field, e.Before, e.After = f, domain.Value(c.Fields[f][0]), domain.Value(c.Fields[f][1])
				out[lineKey(e)] = append(out[lineKey(e)], e)
			}
		}
	}
	return out, nil
}

// takeOut takes contacts out of packed items, of all imports or of those whose
// sort keys begin so. Items are emptied, never removed: what is not there could
// be put again.
func (s changes) takeOut(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber, begin string) error {
	of := map[string]map[domain.ContactNumber]bool{}
	for _, n := range ns {
		pk := packedKey(in, n)
		if of[pk] == nil {
			of[pk] = map[domain.ContactNumber]bool{}
		}
		of[pk][n] = true
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(s.limit(1))
	for pk, erased := range of {
		g.Go(func() error {
			q := partition(pk)
			if begin != "" {
				q = beginning(pk, begin)
			}
			for it, err := range s.items(gctx, q) {
				if err != nil {
					return err
				}
				if err := s.without(gctx, it, erased); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// without rewrites an item without the contacts, if it names any.
func (s changes) without(ctx context.Context, it item, erased map[domain.ContactNumber]bool) error {
	for tries := s.Retry.start(); it != nil; {
		cs, err := unpackChanges(it)
		if err != nil {
			return err
		}
		rest := slices.DeleteFunc(slices.Clone(cs), func(c packedChange) bool { return erased[c.Number] })
		if len(rest) == len(cs) {
			return nil
		}
		z, err := compress(rest)
		if err != nil {
			return err
		}
		now, done, err := s.update(ctx, dynamodb.UpdateItemInput{Key: item{"pk": it["pk"], "sk": it["sk"]},
			UpdateExpression: aws.String("SET #z = :next"), ConditionExpression: aws.String("#z = :was"),
			ExpressionAttributeNames:  map[string]string{"#z": "z"},
			ExpressionAttributeValues: item{":was": it["z"], ":next": z}})
		if err != nil || done {
			return err
		}
		if it = now; it == nil { // it expired
			return nil
		}
		if err := tries.again(ctx, errContended); err != nil {
			return err
		}
	}
	return nil
}

// TakeOutErased takes the entries of contacts that were deleted out of the
// histories of a round's chunks.
func (s changes) TakeOutErased(ctx context.Context, in domain.InstitutionID, imp string, round, chunks int) error {
	var ns []domain.ContactNumber
	for it, err := range s.items(ctx, partition(erasedKey(in))) {
		if err != nil {
			return err
		}
		ns = append(ns, domain.ContactNumber(stringOf(it["sk"])))
	}
	return s.takeOut(ctx, in, ns, fmt.Sprintf("%s#%d#", imp, round))
}
