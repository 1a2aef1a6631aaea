package dynamo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/domain"
)

// changes is the table of what was done to contacts.
type changes struct{ table }

// historyLife is how long changes are remembered.
const historyLife = 2 * 365 * 24 * time.Hour

// maxHistory is about how many bytes of changes go into one item. The service
// takes 400 KB, and a contact may change from one nearly as large to another.
const maxHistory = 200_000

// differences are the entries of a person's change.
func differences(old, next domain.Contact, p domain.Provenance) []domain.HistoryEntry {
	var out []domain.HistoryEntry
	entry := func(f domain.Field) {
		if old.Fields[f] != next.Fields[f] {
			out = append(out, domain.HistoryEntry{Number: next.Number, At: p.At, Import: p.Import, By: p.By,
				Field: f, Before: old.Fields[f], After: next.Fields[f]})
		}
	}
	for f := range next.Fields {
		entry(f)
	}
	for f := range old.Fields {
		if _, ok := next.Fields[f]; !ok {
			entry(f)
		}
	}
	return out
}

// lineKey names what a line of an import did to a contact, or what was done
// without one, by its moment.
func lineKey(e domain.HistoryEntry) string {
	if e.Import == "" {
		return "@" + e.At.UTC().Format(time.RFC3339Nano)
	}
	return e.Import + ":" + strconv.Itoa(e.Line)
}

// versionKey names what a person's write of a version did.
func versionKey(version int) string { return fmt.Sprintf("v%09d", version) }

// entries puts the entries of one contact with one key into one item, or
// as few as hold them.
func (s changes) entries(in domain.InstitutionID, es []domain.HistoryEntry, key func(domain.HistoryEntry) string) []item {
	type place struct {
		n   domain.ContactNumber
		key string
	}
	fields, sizes, parts := map[place]item{}, map[place]int{}, map[place]int{}
	var out []item
	for _, e := range es {
		at := place{e.Number, key(e)}
		size := len(e.Field) + len(e.Before) + len(e.After) + 8
		if fields[at] == nil || sizes[at]+size > maxHistory {
			it := contactKey(in, e.Number)
			sk := historyPrefix(e.Number) + at.key
			if n := parts[at]; n > 0 {
				sk += fmt.Sprintf("#%02d", n)
			}
			it["sk"] = str(sk)
			ends := s.Now().Add(historyLife)
			if !e.At.IsZero() {
				it["at"] = num(e.At.UnixNano())
				ends = e.At.Add(historyLife)
			}
			if e.Import != "" {
				it["imp"] = str(e.Import)
			}
			if e.Line != 0 {
				it["line"] = num(int64(e.Line))
			}
			if e.By != "" {
				it["who"] = str(string(e.By))
			}
			it["ttl"] = num(ends.Unix())
			fields[at], sizes[at] = item{}, 0
			parts[at]++
			it["f"] = object(fields[at])
			out = append(out, it)
		}
		fields[at][string(e.Field)] = &types.AttributeValueMemberL{Value: []types.AttributeValue{str(string(e.Before)), str(string(e.After))}}
		sizes[at] += size
	}
	return out
}

func historyPrefix(n domain.ContactNumber) string { return string(n) + "#" }

// readHistory returns the entries of an item, by field.
func readHistory(n domain.ContactNumber, it item) []domain.HistoryEntry {
	var out []domain.HistoryEntry
	for f, v := range inner(it["f"]) {
		e := domain.HistoryEntry{Number: n, Import: stringOf(it["imp"]), Line: int(number(it["line"])), By: domain.Who(stringOf(it["who"])), Field: domain.Field(f)}
		if it["at"] != nil {
			e.At = time.Unix(0, number(it["at"])).UTC()
		}
		if l, ok := v.(*types.AttributeValueMemberL); ok && len(l.Value) == 2 {
			e.Before, e.After = domain.Value(stringOf(l.Value[0])), domain.Value(stringOf(l.Value[1]))
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b domain.HistoryEntry) int { return strings.Compare(string(a.Field), string(b.Field)) })
	return out
}

// AddHistory remembers changes, those of one contact by one line in one item, 25
// items in a request.
func (s changes) AddHistory(ctx context.Context, in domain.InstitutionID, es []domain.HistoryEntry) error {
	var puts []types.WriteRequest
	for _, it := range s.entries(in, es, lineKey) {
		puts = append(puts, putRequest(it))
	}
	return s.writeMany(ctx, puts)
}

// History returns the last changes of a contact, newest first. It reads all that
// there are: what is older than two years goes by itself.
func (s changes) History(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber, limit int) ([]domain.HistoryEntry, error) {
	type keyed struct {
		key string
		domain.HistoryEntry
	}
	var all []keyed
	for it, err := range s.items(ctx, historyOf(in, n)) {
		if err != nil {
			return nil, err
		}
		key, _, _ := strings.Cut(strings.TrimPrefix(stringOf(it["sk"]), historyPrefix(n)), "#")
		for _, e := range readHistory(n, it) {
			all = append(all, keyed{key, e})
		}
	}
	packed, err := s.packedOf(ctx, in, n)
	if err != nil {
		return nil, err
	}
	for key, es := range packed {
		for _, e := range es {
			all = append(all, keyed{key, e})
		}
	}
	slices.SortStableFunc(all, func(a, b keyed) int {
		return cmp.Or(b.At.Compare(a.At), strings.Compare(b.key, a.key), strings.Compare(string(a.Field), string(b.Field)))
	})
	out := make([]domain.HistoryEntry, 0, min(len(all), pageSize(limit)))
	for _, e := range all[:min(len(all), pageSize(limit))] {
		out = append(out, e.HistoryEntry)
	}
	return out, nil
}

// historyOf is the query of a contact's history.
func historyOf(in domain.InstitutionID, n domain.ContactNumber) dynamodb.QueryInput {
	return beginning(stringOf(contactKey(in, n)["pk"]), historyPrefix(n))
}

// forget removes a contact's history.
func (s changes) forget(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber) error {
	q := historyOf(in, n)
	q.ProjectionExpression = aws.String("pk, sk")
	var all []types.WriteRequest
	for it, err := range s.items(ctx, q) {
		if err != nil {
			return err
		}
		all = append(all, deleteRequest(it))
	}
	if err := s.writeMany(ctx, all); err != nil {
		return err
	}
	return s.takeOut(ctx, in, []domain.ContactNumber{n}, "")
}

// erasedLife is how long it is noted that a contact was deleted: longer than an
// import may stay open.
const erasedLife = 180 * 24 * time.Hour

func erasedKey(in domain.InstitutionID) string { return string(in) + "#erased" }

// erasure notes that a contact was deleted.
func (s changes) erasure(in domain.InstitutionID, n domain.ContactNumber) item {
	it := keys(erasedKey(in), string(n))
	expires(it, s.Now().Add(erasedLife))
	return it
}
