package dynamo

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/domain"
)

// LookupReport says how what lies beside an institution's contacts fits them.
type LookupReport struct {
	Contacts, Lookups, Claims, Histories int // looked at
	Missing                              int // look-ups that a contact should have
	Stale                                int // look-ups of a contact that is gone or has another e-mail address or name
	StaleClaims                          int // claims for a contact that is gone or has another address
	StaleHistories                       int // of a contact that is gone
	Repaired                             int
}

// Clean tells whether everything fits.
func (r LookupReport) Clean() bool {
	return r.Missing == 0 && r.Stale == 0 && r.StaleClaims == 0 && r.StaleHistories == 0
}

// settled is after how long nothing that a call has begun goes on: what is
// younger may have its contact made next.
const settled = 24 * time.Hour

// CheckLookups compares what lies beside an institution's contacts with them,
// and with repair puts it right. None of it is wrong in the answers of a store,
// which compares what it finds with the contact; but a missing look-up hides a
// contact, and a stale one is personal data. It reads all of the table of
// look-ups, that of other institutions included, in memory that does not grow. With
// repair it also replaces the look-ups of before, whose keys had addresses and names
// in them or lay in one partition for each first letter, and from then on nobody reads
// these.
func (s *Contacts) CheckLookups(ctx context.Context, in domain.InstitutionID, repair bool) (LookupReport, error) {
	sec, err := s.secrets.get(ctx, in)
	if err != nil {
		return LookupReport{}, err
	}
	c := checker{Contacts: s, in: in, sec: sec, repair: repair}
	for _, step := range []func(context.Context) error{c.contactsHaveTheirs, c.lookupsFit, c.historiesFit} {
		if err := step(ctx); err != nil {
			return c.report, err
		}
	}
	if repair && (sec.plain || sec.gathered) {
		return c.report, s.secrets.moved(ctx, in)
	}
	return c.report, nil
}

type checker struct {
	*Contacts
	in     domain.InstitutionID
	sec    *secret
	repair bool
	report LookupReport
}

func (c *checker) contactsHaveTheirs(ctx context.Context) error {
	var expected []lookup
	look := func() error {
		ask := make([]item, len(expected))
		for i, l := range expected {
			ask[i] = l.item()
		}
		found, err := c.lookups.many(ctx, ask)
		if err != nil {
			return err
		}
		there := map[lookup]bool{}
		for _, it := range found {
			there[lookup{stringOf(it["pk"]), stringOf(it["sk"])}] = true
		}
		var puts []types.WriteRequest
		for _, l := range expected {
			if !there[l] {
				c.report.Missing++
				puts = append(puts, putRequest(l.item()))
			}
		}
		expected = expected[:0]
		if !c.repair {
			return nil
		}
		c.report.Repaired += len(puts)
		return c.lookups.writeMany(ctx, puts)
	}
	for contact, err := range c.All(ctx, c.in) {
		if err != nil {
			return err
		}
		c.report.Contacts++
		if expected = append(expected, c.sec.lookups(contact)...); len(expected) >= 400 {
			if err := look(); err != nil {
				return err
			}
		}
	}
	return look()
}

func (c *checker) lookupsFit(ctx context.Context) error {
	q := dynamodb.ScanInput{ExpressionAttributeValues: item{}}
	var any []string
	for i, kind := range []string{"#email#", "#name#", claimKind, "#e#", "#n#", plainClaimKind} {
		value := ":k" + strconv.Itoa(i)
		any = append(any, "begins_with(pk, "+value+")")
		q.ExpressionAttributeValues[value] = str(string(c.in) + kind)
	}
	q.FilterExpression = aws.String(strings.Join(any, " OR "))
	return c.lookups.scan(ctx, q, func(items []item) error {
		for part := range slices.Chunk(items, 400) {
			if err := c.fit(ctx, part); err != nil {
				return err
			}
		}
		return nil
	})
}

// fit looks at look-ups and claims.
func (c *checker) fit(ctx context.Context, its []item) error {
	isClaim := func(it item) bool {
		pk := stringOf(it["pk"])
		return strings.HasPrefix(pk, string(c.in)+claimKind) || strings.HasPrefix(pk, string(c.in)+plainClaimKind)
	}
	ns := make([]domain.ContactNumber, len(its))
	for i, it := range its {
		if isClaim(it) {
			ns[i] = domain.ContactNumber(stringOf(it["n"]))
		} else {
			ns[i] = numberOf(stringOf(it["sk"]))
		}
	}
	contacts, err := c.under(ctx, c.in, slices.DeleteFunc(slices.Clone(ns), func(n domain.ContactNumber) bool { return !n.Valid() }))
	if err != nil {
		return err
	}
	for i, it := range its {
		stored := contacts[ns[i]]
		live := liveContact(stored)
		if isClaim(it) {
			c.report.Claims++
			young := time.Unix(number(it["ttl"]), 0).Add(settled - claimLife).After(c.Now())
			if live != nil && c.sec.claimsOf(*live)[stringOf(it["pk"])] || stored == nil && young {
				continue
			}
			c.report.StaleClaims++
		} else {
			c.report.Lookups++
			young := it["at"] != nil && time.Unix(number(it["at"]), 0).Add(settled).After(c.Now())
			if live != nil && slices.Contains(c.sec.lookups(*live), lookup{stringOf(it["pk"]), stringOf(it["sk"])}) || stored == nil && young {
				continue
			}
			c.report.Stale++
		}
		if !c.repair {
			continue
		}
		err := c.transact(ctx,
			types.TransactWriteItem{ConditionCheck: c.unchanged(ns[i], stored)},
			types.TransactWriteItem{Delete: &types.Delete{TableName: &c.lookups.name, Key: keys(stringOf(it["pk"]), stringOf(it["sk"]))}})
		if _, ok := errors.AsType[errRaced](err); ok {
			continue // somebody is at it: the next check will see
		}
		if err != nil {
			return err
		}
		c.report.Repaired++
	}
	return nil
}

// unchanged is the condition that under a number lies what was read.
func (c *checker) unchanged(n domain.ContactNumber, stored item) *types.ConditionCheck {
	check := &types.ConditionCheck{TableName: &c.people.name, Key: contactKey(c.in, n)}
	check.ConditionExpression, check.ExpressionAttributeNames, check.ExpressionAttributeValues = asRead(stored)
	return check
}

func (c *checker) historiesFit(ctx context.Context) error {
	for bucket := range Buckets {
		q := partition(bucketKey(c.in, bucket))
		q.ProjectionExpression = aws.String("pk, sk")
		for items, err := range c.changes.pages(ctx, q) {
			if err != nil {
				return err
			}
			of := func(it item) domain.ContactNumber {
				n, _, _ := strings.Cut(stringOf(it["sk"]), "#")
				return domain.ContactNumber(n)
			}
			var ns []domain.ContactNumber
			for _, it := range items {
				ns = append(ns, of(it))
			}
			contacts, err := c.GetMany(ctx, c.in, ns)
			if err != nil {
				return err
			}
			var stale []types.WriteRequest
			for _, it := range items {
				c.report.Histories++
				if _, ok := contacts[of(it)]; !ok {
					c.report.StaleHistories++
					stale = append(stale, deleteRequest(it))
				}
			}
			if c.repair {
				c.report.Repaired += len(stale)
				if err := c.changes.writeMany(ctx, stale); err != nil {
					return err
				}
			}
		}
	}
	return c.packedFit(ctx)
}

// packedFit counts contacts in packed items, and takes out those that are gone.
func (c *checker) packedFit(ctx context.Context) error {
	for bucket := range historyBuckets {
		for page, err := range c.changes.pages(ctx, partition(bucketOfHistory(c.in, bucket))) {
			if err != nil {
				return err
			}
			named := map[domain.ContactNumber]bool{}
			for _, it := range page {
				cs, err := unpackChanges(it)
				if err != nil {
					return err
				}
				for _, change := range cs {
					named[change.Number] = true
				}
			}
			contacts, err := c.GetMany(ctx, c.in, slices.Collect(maps.Keys(named)))
			if err != nil {
				return err
			}
			stale := maps.Clone(named)
			maps.DeleteFunc(stale, func(n domain.ContactNumber, _ bool) bool { _, there := contacts[n]; return there })
			c.report.Histories += len(named)
			c.report.StaleHistories += len(stale)
			if !c.repair || len(stale) == 0 {
				continue
			}
			c.report.Repaired += len(stale)
			for _, it := range page {
				if err := c.changes.without(ctx, it, stale); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
