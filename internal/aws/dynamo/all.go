package dynamo

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain"
)

// allPage is how many contacts All asks of a bucket at once: two pages of each
// bucket are the most it holds, some 13,000 contacts.
const allPage = 100

const (
	// fewPage is so where few fields are read.
	fewPage   = 500
	fewFields = 10
	// mostPaths is how many fields are named one by one: an expression has 4 KB.
	mostPaths = 40
)

// All yields every contact ordered by number.
func (s people) All(ctx context.Context, in domain.InstitutionID) iter.Seq2[domain.Contact, error] {
	return s.merged(ctx, in, "", allPage, nil)
}

// Values yields the number and the fields of contacts, ordered by number. What
// imports left in contacts is as much again, and neither sent nor read; nor are
// fields that nobody asks for, and reading what is sent is what takes the time.
func (s people) Values(ctx context.Context, in domain.InstitutionID, of domain.Part) iter.Seq2[domain.Contact, error] {
	size := allPage
	if of.Fields != nil && len(of.Fields) <= fewFields {
		size = fewPage
	}
	return s.merged(ctx, in, string(of.After), size, func(q *dynamodb.QueryInput) { onlyValues(q, of.Fields) })
}

// onlyValues makes a query answer with these fields of a contact alone, nil for all.
func onlyValues(q *dynamodb.QueryInput, fields []domain.Field) {
	names := map[string]string{"#sk": "sk", "#gone": "gone", "#hold": "hold"}
	paths := slices.Collect(maps.Keys(names))
	add := func(to ...string) {
		for i, name := range to {
			names["#"+name] = name
			to[i] = "#" + name
		}
		paths = append(paths, strings.Join(to, "."))
	}
	if fields == nil || len(fields) > mostPaths {
		for _, c := range domain.ContactFields {
			add(c.Field.Code())
		}
		add("criteria")
		add("authorisations")
	} else {
		for _, f := range fields {
			if inMap, name, ok := path(f); ok && inMap != "" {
				add(inMap, name)
			} else if ok {
				add(name)
			}
		}
	}
	slices.Sort(paths)
	q.ProjectionExpression = aws.String(strings.Join(slices.Compact(paths), ","))
	q.ExpressionAttributeNames = names
}

// page is one answer of a bucket's query.
type page struct {
	contacts []domain.Contact
	err      error
}

// merged reads all buckets at once, each one page ahead, and yields their
// contacts with numbers above last in order.
func (s people) merged(ctx context.Context, in domain.InstitutionID, last string, size int, only func(*dynamodb.QueryInput)) iter.Seq2[domain.Contact, error] {
	return func(yield func(domain.Contact, error) bool) {
		var readers sync.WaitGroup
		defer readers.Wait()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		slots := make(chan struct{}, s.limit(4))
		var heads [Buckets][]domain.Contact
		var pages [Buckets]chan page
		for i := range pages {
			pages[i] = make(chan page, 1)
			readers.Go(func() {
				defer close(pages[i])
				s.bucket(ctx, in, i, last, size, only, slots, pages[i])
			})
		}
		// next fills a bucket's head with its next page.
		next := func(i int) error {
			for p := range pages[i] {
				if p.err != nil {
					return p.err
				}
				if len(p.contacts) > 0 {
					heads[i] = p.contacts
					return nil
				}
			}
			return ctx.Err()
		}
		var h heap
		for i := range heads {
			if err := next(i); err != nil {
				yield(domain.Contact{}, awsfault.Of(err))
				return
			}
			if len(heads[i]) > 0 {
				h.push(heads[i][0].Number, i)
			}
		}
		for len(h) > 0 {
			i := h[0].bucket
			if !yield(heads[i][0], nil) {
				return
			}
			if heads[i] = heads[i][1:]; len(heads[i]) == 0 {
				if err := next(i); err != nil {
					yield(domain.Contact{}, awsfault.Of(err))
					return
				}
			}
			if len(heads[i]) > 0 {
				h.replace(heads[i][0].Number)
			} else {
				h.pop()
			}
		}
	}
}

// bucket sends the pages of one bucket, holding one of the slots while it asks.
func (s people) bucket(ctx context.Context, in domain.InstitutionID, i int, last string, size int, only func(*dynamodb.QueryInput), slots chan struct{}, to chan<- page) {
	q := partition(bucketKey(in, i))
	if last != "" {
		q.KeyConditionExpression = aws.String("pk = :pk AND sk > :last")
		q.ExpressionAttributeValues[":last"] = str(last)
	}
	q.Limit = aws.Int32(int32(size))
	if only != nil {
		only(&q)
	}
	enter := func() bool {
		select {
		case slots <- struct{}{}:
			return true
		case <-ctx.Done():
			return false
		}
	}
	if !enter() {
		return
	}
	for items, err := range s.pages(ctx, q) {
		<-slots
		p := page{err: err}
		for _, it := range items {
			if c := liveContact(it); c != nil {
				p.contacts = append(p.contacts, *c)
			}
		}
		select {
		case to <- p:
		case <-ctx.Done():
			return
		}
		if err != nil || !enter() {
			return
		}
	}
	<-slots
}

// heap holds the buckets by the number of their first contact.
type heap []head

type head struct {
	number domain.ContactNumber
	bucket int
}

func (h *heap) push(n domain.ContactNumber, bucket int) {
	*h = append(*h, head{n, bucket})
	a := *h
	for i := len(a) - 1; i > 0; {
		up := (i - 1) / 2
		if a[up].number <= a[i].number {
			return
		}
		a[up], a[i] = a[i], a[up]
		i = up
	}
}

// replace gives the first bucket another number.
func (h heap) replace(n domain.ContactNumber) {
	h[0].number = n
	h.down()
}

func (h *heap) pop() {
	a := *h
	a[0] = a[len(a)-1]
	*h = a[:len(a)-1]
	h.down()
}

func (h heap) down() {
	for i := 0; ; {
		least := i
		for _, c := range []int{2*i + 1, 2*i + 2} {
			if c < len(h) && h[c].number < h[least].number {
				least = c
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}
