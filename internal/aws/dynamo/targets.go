package dynamo

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/text"
)

// PutTarget creates or replaces a target.
func (s *Catalogue) PutTarget(ctx context.Context, in domain.InstitutionID, t domain.Target) error {
	version := t.Version
	doc, err := marshal(t)
	if err != nil {
		return err
	}
	it := keys(string(in), targetKey+t.ID)
	it["doc"], it["v"] = doc, num(int64(version)+1)
	p := &types.Put{TableName: &s.table.name, Item: it, ConditionExpression: aws.String("attribute_not_exists(pk)")}
	if version != 0 {
		p.ConditionExpression, p.ExpressionAttributeNames = aws.String("#v = :v"), map[string]string{"#v": "v"}
		p.ExpressionAttributeValues = item{":v": num(int64(version))}
	}
	err = s.table.transact(ctx, types.TransactWriteItem{Put: p})
	if _, ok := errors.AsType[errRaced](err); ok {
		return versionRaced(version)
	}
	return err
}

func readTarget(it item) (t domain.Target, err error) {
	err = unmarshal(it, &t)
	t.Version = int(number(it["v"]))
	return t, err
}

// Target returns one target, or kind NotFound.
func (s *Catalogue) Target(ctx context.Context, in domain.InstitutionID, id string) (domain.Target, error) {
	it, err := s.table.get(ctx, keys(string(in), targetKey+id))
	if err != nil {
		return domain.Target{}, err
	}
	if it == nil {
		return domain.Target{}, fault.Missing()
	}
	return readTarget(it)
}

// Targets lists by name. All of them are read: an institution has dozens.
func (s *Catalogue) Targets(ctx context.Context, in domain.InstitutionID, limit int, from string) ([]domain.Target, string, error) {
	last, err := after("targets", from)
	if err != nil {
		return nil, "", err
	}
	limit = pageSize(limit)
	key := func(t domain.Target) string { return text.Normalise(t.Name) + "\t" + t.ID }
	var ts []domain.Target
	for it, err := range s.table.items(ctx, beginning(string(in), targetKey)) {
		var t domain.Target
		if err == nil {
			t, err = readTarget(it)
		}
		if err != nil {
			return nil, "", err
		}
		if key(t) > last {
			ts = append(ts, t)
		}
	}
	slices.SortFunc(ts, func(a, b domain.Target) int { return strings.Compare(key(a), key(b)) })
	if len(ts) <= limit {
		return ts, "", nil
	}
	return ts[:limit], cursor("targets", key(ts[limit-1])), nil
}

// DeleteTarget removes a target, or returns kind NotFound.
func (s *Catalogue) DeleteTarget(ctx context.Context, in domain.InstitutionID, id string) error {
	err := s.table.transact(ctx, types.TransactWriteItem{Delete: &types.Delete{TableName: &s.table.name,
		Key: keys(string(in), targetKey+id), ConditionExpression: aws.String("attribute_exists(pk)")}})
	if _, ok := errors.AsType[errRaced](err); ok {
		return fault.Missing()
	}
	return err
}
