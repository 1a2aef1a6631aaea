package dynamo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// WriteOneByOne does what Write does by one UpdateItem for each write, 16 at
// once. It is here for the benchmark that compares the two; writes of names and
// e-mail addresses are not taken.
func (s *Contacts) WriteOneByOne(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	out := make([]domain.Written, len(ws))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(16)
	for i, w := range ws {
		if changesLookups(w) {
			return nil, errField
		}
		g.Go(func() (err error) {
			out[i], err = s.updateItem(gctx, in, w)
			return err
		})
	}
	return out, g.Wait()
}

func (s *Contacts) updateItem(ctx context.Context, in domain.InstitutionID, w domain.Write) (domain.Written, error) {
	names := map[string]string{"#mark": "mark", "#before": "before", "#prov": "prov"}
	values := item{":mark": str(mark(w.Applied)), ":before": beforeMap(w.Applied), ":own": str(w.Applied.Import + ":"), ":prov": str(provenance(w.Provenance))}
	n := 0
	place := func(f domain.Field) (at, prov string) {
		inMap, name, _ := path(f)
		n++
		at = fmt.Sprintf("#f%d", n)
		names[at] = name
		if inMap == "" {
			return at, ""
		}
		names["#"+inMap] = inMap
		return "#" + inMap + "." + at, "#prov." + at
	}
	set, remove := []string{"#mark = :mark", "#before = :before"}, []string{}
	usesProv, removesProv := false, false
	for _, f := range slices.Sorted(maps.Keys(w.Set)) {
		if _, _, ok := path(f); !ok {
			return domain.Written{}, errField
		}
		at, prov := place(f)
		if v := w.Set[f]; v == domain.Empty {
			remove = append(remove, at)
			if prov != "" {
				remove = append(remove, prov)
				removesProv = true
			}
		} else {
			p := fmt.Sprintf(":v%d", n)
			values[p] = str(string(v))
			set = append(set, at+" = "+p)
			if prov != "" {
				set = append(set, prov+" = :prov")
				usesProv = true
			}
		}
	}
	if !usesProv {
		delete(values, ":prov")
		if !removesProv {
			delete(names, "#prov")
		}
	}
	conditions := []string{"attribute_exists(pk)", "attribute_not_exists(gone)", "NOT begins_with(#mark, :own)"}
	for _, f := range slices.Sorted(maps.Keys(w.If)) {
		if _, _, ok := path(f); !ok {
			return domain.Written{}, errField
		}
		at, _ := place(f)
		if v := w.If[f]; v == domain.Empty {
			conditions = append(conditions, "attribute_not_exists("+at+")")
		} else {
			p := fmt.Sprintf(":v%d", n)
			values[p] = str(string(v))
			conditions = append(conditions, at+" = "+p)
		}
	}
	expression := "SET " + strings.Join(set, ", ")
	if len(remove) > 0 {
		expression += " REMOVE " + strings.Join(remove, ", ")
	}
	err := s.Wait.retrying(ctx, func() error {
		_, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &s.contacts, Key: contactKey(in, w.Number),
			UpdateExpression: &expression, ConditionExpression: aws.String(strings.Join(conditions, " AND ")),
			ExpressionAttributeNames: names, ExpressionAttributeValues: values,
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
		return err
	})
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return domain.Written{Live: liveContact(failed.Item)}, nil
	}
	if awsfault.Busy(err) || fault.KindOf(err) == fault.Busy && err != nil {
		return domain.Written{Err: err}, nil
	}
	return domain.Written{Done: err == nil}, err
}
