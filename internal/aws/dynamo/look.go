package dynamo

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/text"
)

// Find looks up by exact number, exact e-mail (any case), or start of "last
// name first name" (any case, accents folded).
func (s *Contacts) Find(ctx context.Context, in domain.InstitutionID, q string, limit int, from string) ([]domain.Contact, string, error) {
	q = strings.TrimSpace(q)
	limit = pageSize(limit)
	switch {
	case q == "":
		return s.list(ctx, in, limit, from)
	case domain.ContactNumber(q).Valid():
		if _, err := after("number", from); err != nil {
			return nil, "", err
		}
		c, err := s.Get(ctx, in, domain.ContactNumber(q))
		switch {
		case fault.KindOf(err) == fault.NotFound && err != nil || from != "":
			return nil, "", nil
		case err != nil:
			return nil, "", err
		}
		return []domain.Contact{c}, "", nil
	case strings.Contains(q, "@"):
		email := text.NormaliseEmail(q)
		return s.lookUp(ctx, in, "email", lookup{pk: emailKey(in, email)}, limit, from, func(c domain.Contact, _ string) bool {
			return text.NormaliseEmail(c.Email()) == email
		})
	default:
		start := text.Normalise(q)
		if start == "" {
			return nil, "", nil
		}
		return s.lookUp(ctx, in, "name", lookup{nameKey(in, start), cutName(start)}, limit, from, func(c domain.Contact, sk string) bool {
			n := name(c)
			return strings.HasPrefix(n, start) && nameSort(n, c.Number) == sk
		})
	}
}

// lookUp pages through the look-ups of one partition whose sort keys begin with
// start.sk, and returns the contacts that still fit them.
func (s *Contacts) lookUp(ctx context.Context, in domain.InstitutionID, list string, start lookup, limit int, from string,
	fits func(c domain.Contact, sk string) bool) ([]domain.Contact, string, error) {
	last, err := after(list, from)
	if err != nil {
		return nil, "", err
	}
	query := &dynamodb.QueryInput{TableName: &s.emails, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("pk = :pk"),
		ExpressionAttributeValues: item{":pk": str(start.pk)}, Limit: aws.Int32(int32(limit + 1))}
	if start.sk != "" {
		query.KeyConditionExpression = aws.String("pk = :pk AND begins_with(sk, :sk)")
		query.ExpressionAttributeValues[":sk"] = str(start.sk)
	}
	if last != "" {
		if !strings.HasPrefix(last, start.sk) {
			return nil, "", badCursor()
		}
		query.ExclusiveStartKey = keys(start.pk, last)
	}
	var found []domain.Contact
	var at []string
	for {
		out, err := s.query(ctx, query)
		if err != nil {
			return nil, "", err
		}
		var ns []domain.ContactNumber
		var sks []string
		for _, it := range out.Items {
			sk := stringOf(it["sk"])
			sks = append(sks, sk)
			ns = append(ns, numberOf(sk))
		}
		cs, err := s.GetMany(ctx, in, ns)
		if err != nil {
			return nil, "", err
		}
		for i, n := range ns {
			if c, ok := cs[n]; ok && fits(c, sks[i]) {
				found, at = append(found, c), append(at, sks[i])
			}
		}
		if len(found) > limit {
			return found[:limit], cursor(list, at[limit-1]), nil
		}
		if out.LastEvaluatedKey == nil {
			return found, "", nil
		}
		query.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// numberOf returns the contact number at the end of a look-up's sort key.
func numberOf(sk string) domain.ContactNumber {
	return domain.ContactNumber(sk[strings.LastIndexByte(sk, '\t')+1:])
}

func (s *Contacts) query(ctx context.Context, q *dynamodb.QueryInput) (out *dynamodb.QueryOutput, err error) {
	err = s.Wait.retrying(ctx, func() (err error) {
		out, err = s.client.Query(ctx, q)
		return err
	})
	return out, err
}

// ByEmail returns the numbers that have each address, one query for each.
func (s *Contacts) ByEmail(ctx context.Context, in domain.InstitutionID, emails []string) (map[string][]domain.ContactNumber, error) {
	asked := map[string][]string{} // folded to as asked
	for _, e := range emails {
		f := text.NormaliseEmail(e)
		if f != "" && !slices.Contains(asked[f], e) {
			asked[f] = append(asked[f], e)
		}
	}
	var mu sync.Mutex
	numbers := map[string][]domain.ContactNumber{}
	var all []domain.ContactNumber
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(4 * max(1, s.Concurrency)) // small answers
	for f := range asked {
		g.Go(func() error {
			query := &dynamodb.QueryInput{TableName: &s.emails, ConsistentRead: aws.Bool(true),
				KeyConditionExpression: aws.String("pk = :pk"), ExpressionAttributeValues: item{":pk": str(emailKey(in, f))}}
			for {
				out, err := s.query(gctx, query)
				if err != nil {
					return err
				}
				mu.Lock()
				for _, it := range out.Items {
					n := domain.ContactNumber(stringOf(it["sk"]))
					numbers[f], all = append(numbers[f], n), append(all, n)
				}
				mu.Unlock()
				if query.ExclusiveStartKey = out.LastEvaluatedKey; query.ExclusiveStartKey == nil {
					return nil
				}
			}
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	contacts, err := s.GetMany(ctx, in, all)
	if err != nil {
		return nil, err
	}
	out := map[string][]domain.ContactNumber{}
	for f, ns := range numbers {
		ns = slices.DeleteFunc(ns, func(n domain.ContactNumber) bool { return text.NormaliseEmail(contacts[n].Email()) != f })
		if len(ns) == 0 {
			continue
		}
		slices.Sort(ns)
		for _, e := range asked[f] {
			out[e] = slices.Clone(ns)
		}
	}
	return out, nil
}

// list pages through all contacts by number.
func (s *Contacts) list(ctx context.Context, in domain.InstitutionID, limit int, from string) ([]domain.Contact, string, error) {
	last, err := after("all", from)
	if err != nil {
		return nil, "", err
	}
	if last != "" && !domain.ContactNumber(last).Valid() {
		return nil, "", badCursor()
	}
	var found []domain.Contact
	for c, err := range s.merged(ctx, in, last, limit/Buckets*2+4) {
		if err != nil {
			return nil, "", err
		}
		if len(found) == limit {
			return found, cursor("all", string(found[limit-1].Number)), nil
		}
		found = append(found, c)
	}
	return found, "", nil
}

// allPage is how many contacts All asks of a bucket at once: two pages of each
// bucket are the most it holds, some 13,000 contacts.
const allPage = 100

// All yields every contact ordered by number.
func (s *Contacts) All(ctx context.Context, in domain.InstitutionID) iter.Seq2[domain.Contact, error] {
	return s.merged(ctx, in, "", allPage)
}

// page is one answer of a bucket's query.
type page struct {
	contacts []domain.Contact
	err      error
}

// merged reads all buckets at once, each one page ahead, and yields their
// contacts with numbers above last in order.
func (s *Contacts) merged(ctx context.Context, in domain.InstitutionID, last string, size int) iter.Seq2[domain.Contact, error] {
	return func(yield func(domain.Contact, error) bool) {
		var readers sync.WaitGroup
		defer readers.Wait()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		slots := make(chan struct{}, 4*max(1, s.Concurrency))
		var heads [Buckets][]domain.Contact
		var pages [Buckets]chan page
		for i := range pages {
			pages[i] = make(chan page, 1)
			readers.Go(func() {
				defer close(pages[i])
				s.bucket(ctx, in, i, last, size, slots, pages[i])
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
func (s *Contacts) bucket(ctx context.Context, in domain.InstitutionID, i int, last string, size int, slots chan struct{}, to chan<- page) {
	q := &dynamodb.QueryInput{TableName: &s.contacts, Limit: aws.Int32(int32(size)),
		KeyConditionExpression: aws.String("pk = :pk"), ExpressionAttributeValues: item{":pk": str(bucketKey(in, i))}}
	if last != "" {
		q.KeyConditionExpression = aws.String("pk = :pk AND sk > :last")
		q.ExpressionAttributeValues[":last"] = str(last)
	}
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		out, err := s.query(ctx, q)
		<-slots
		p := page{err: err}
		if err == nil {
			p.contacts = make([]domain.Contact, 0, len(out.Items))
			for _, it := range out.Items {
				if !isGone(it) {
					p.contacts = append(p.contacts, readContact(it))
				}
			}
		}
		select {
		case to <- p:
		case <-ctx.Done():
			return
		}
		if err != nil || out.LastEvaluatedKey == nil {
			return
		}
		q.ExclusiveStartKey = out.LastEvaluatedKey
	}
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

// put is one item to be written without a condition.
type put struct {
	table string
	item  item
}

// Load stores contacts and their look-ups without reading, 25 items in a
// request.
func (s *Contacts) Load(ctx context.Context, in domain.InstitutionID, cs iter.Seq[domain.Contact]) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(2 * max(1, s.Concurrency))
	var batch []put
	seen := map[domain.ContactNumber]bool{} // in this batch: a key twice in a request is refused
	flush := func() {
		b := batch
		batch, seen = nil, map[domain.ContactNumber]bool{}
		g.Go(func() error { return s.putBatch(gctx, b) })
	}
	for c := range cs {
		if gctx.Err() != nil {
			break
		}
		c.Version = max(c.Version, 1)
		it, err := contactItem(in, c)
		if err != nil {
			g.Go(func() error { return err })
			break
		}
		puts := []put{{s.contacts, it}}
		for _, l := range lookups(in, c) {
			puts = append(puts, put{s.emails, l.item()})
		}
		if len(batch)+len(puts) > 25 || seen[c.Number] {
			flush()
		}
		batch, seen[c.Number] = append(batch, puts...), true
	}
	if len(batch) > 0 {
		flush()
	}
	if err := g.Wait(); err != nil {
		return awsfault.Of(err)
	}
	return awsfault.Of(ctx.Err())
}

func (s *Contacts) putBatch(ctx context.Context, puts []put) error {
	left := map[string][]types.WriteRequest{}
	for _, p := range puts {
		left[p.table] = append(left[p.table], types.WriteRequest{PutRequest: &types.PutRequest{Item: p.item}})
	}
	return s.writeBatch(ctx, left)
}

// writeMany makes any number of puts and deletions in one table, of different
// keys, 25 in a request.
func (s *Contacts) writeMany(ctx context.Context, table string, rs []types.WriteRequest) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(2 * max(1, s.Concurrency))
	for part := range slices.Chunk(rs, 25) {
		g.Go(func() error { return s.writeBatch(gctx, map[string][]types.WriteRequest{table: part}) })
	}
	return g.Wait()
}

func (s *Contacts) writeBatch(ctx context.Context, left map[string][]types.WriteRequest) error {
	count := 0
	for _, rs := range left {
		count += len(rs)
	}
	for attempt := 1; ; attempt++ {
		out, err := s.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: left})
		switch {
		case err == nil:
			n := 0
			for _, rs := range out.UnprocessedItems {
				n += len(rs)
			}
			if n == 0 {
				return nil
			}
			if n < count {
				attempt = 1 // it goes on: only standing still is counted
			}
			left, count = out.UnprocessedItems, n
			err = fault.Wrap(fault.Busy, "busy", errors.New("DynamoDB BatchWriteItem: items left unprocessed"))
		case !awsfault.Busy(err):
			return awsfault.Of(err)
		}
		if attempt >= attempts || ctx.Err() != nil {
			return awsfault.Of(err)
		}
		if err := s.Wait(ctx, attempt); err != nil {
			return awsfault.Of(err)
		}
	}
}
