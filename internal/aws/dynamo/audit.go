package dynamo

import (
	"context"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/domain"
)

// Audit keeps the record of who did what: pk is the institution, sk the entry's
// id, which sorts by time. Nothing here changes or removes an entry.
type Audit struct{ table table }

// NewAudit returns the record in the table with the name.
func NewAudit(db *DB, name string) *Audit { return &Audit{table{DB: db, name: name}} }

func auditItem(in domain.InstitutionID, e domain.Audited) (item, error) {
	doc, err := marshal(e)
	if err != nil {
		return nil, err
	}
	it := keys(string(in), e.ID)
	it["doc"] = doc
	expires(it, e.EndsAt)
	return it, nil
}

// Append keeps an entry.
func (s *Audit) Append(ctx context.Context, in domain.InstitutionID, e domain.Audited) error {
	it, err := auditItem(in, e)
	if err != nil {
		return err
	}
	return s.table.put(ctx, it)
}

type alongKey struct{}

// along is an entry that goes with the transactions of a context.
type along struct {
	table string
	in    domain.InstitutionID
	entry *domain.Audited
	kept  atomic.Bool
}

// Along returns a context whose transactions keep the entry as well, as it is
// then, or nothing at all. kept reports whether one of them was made.
func (s *Audit) Along(ctx context.Context, in domain.InstitutionID, e *domain.Audited) (_ context.Context, kept func() bool) {
	a := &along{table: s.table.name, in: in, entry: e}
	return context.WithValue(ctx, alongKey{}, a), a.kept.Load
}

// Alone returns a context whose transactions keep no entry.
func (s *Audit) Alone(ctx context.Context) context.Context {
	return context.WithValue(ctx, alongKey{}, (*along)(nil))
}

// withEntry returns the items with the one that goes along, and what is to be
// called when they were written.
func withEntry(ctx context.Context, items []types.TransactWriteItem) ([]types.TransactWriteItem, func(), error) {
	a, _ := ctx.Value(alongKey{}).(*along)
	if a == nil {
		return items, func() {}, nil
	}
	it, err := auditItem(a.in, *a.entry)
	if err != nil {
		return nil, nil, err
	}
	all := append(items[:len(items):len(items)], types.TransactWriteItem{Put: &types.Put{TableName: &a.table, Item: it}})
	return all, func() { a.kept.Store(true) }, nil
}

// Entries lists the newest first.
func (s *Audit) Entries(ctx context.Context, in domain.InstitutionID, limit int, from string) ([]domain.Audited, string, error) {
	last, err := after("audit", from)
	if err != nil {
		return nil, "", err
	}
	limit = pageSize(limit)
	q := partition(string(in))
	q.ScanIndexForward, q.Limit = aws.Bool(false), aws.Int32(int32(limit+1))
	if last != "" {
		q.KeyConditionExpression = aws.String("pk = :pk AND sk < :last")
		q.ExpressionAttributeValues[":last"] = str(last)
	}
	var found []domain.Audited
	for it, err := range s.table.items(ctx, q) {
		if err != nil {
			return nil, "", err
		}
		if ttl, ok := it["ttl"]; ok && number(ttl) <= s.table.Now().Unix() {
			continue
		}
		if len(found) == limit {
			return found, cursor("audit", last), nil
		}
		var e domain.Audited
		if err := unmarshal(it, &e); err != nil {
			return nil, "", err
		}
		found, last = append(found, e), e.ID
	}
	return found, "", nil
}
