package dynamo

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// What an import's report says is an item of its own, packed: whoever lists imports,
// or asks how one stands, reads what is small. The service charges what lies there,
// not what of it is asked for. The import's item says in `report` which of its
// versions wrote the report, and the report's item says it in `v`.

// maxReport is how long a report may be when it is unpacked.
const maxReport = 16 << 20

// reportPuts are what keeps the import's report, if this version of it wrote one.
func (s *Jobs) reportPuts(imp domain.Import) ([]types.TransactWriteItem, error) {
	if imp.Reported != imp.Version {
		return nil, nil
	}
	z, err := compress(imp.Report)
	if err != nil {
		return nil, err
	}
	it := keys(reportsKey(imp.Institution), imp.ID)
	it["z"], it["v"] = z, num(int64(imp.Reported))
	expires(it, imp.ExpiresAt)
	return []types.TransactWriteItem{{Put: &types.Put{TableName: &s.table.name, Item: it}}}, nil
}

// whole returns the import of an item with its report. A report that is newer was
// written since the item was read: then that is read again.
func (s *Jobs) whole(ctx context.Context, it item) (domain.Import, error) {
	for tries := s.table.Retry.start(); ; {
		imp, err := readImport(it)
		if err != nil {
			return domain.Import{}, err
		}
		_, apart := it["report"]
		if apart && imp.Reported == 0 {
			return imp, nil
		}
		kept, err := s.table.get(ctx, keys(reportsKey(imp.Institution), imp.ID))
		if err != nil {
			return domain.Import{}, err
		}
		report, err := decompress[domain.Report](kept, maxReport)
		if err != nil {
			return domain.Import{}, err
		}
		if !apart {
			return joined(imp, report), nil
		}
		if int(number(kept["v"])) <= imp.Reported {
			imp.Report = report // less than it says only if the report was lost
			return imp, nil
		}
		if err := tries.again(ctx, errContended); err != nil {
			return domain.Import{}, err
		}
		if it, err = s.get(ctx, keys(importsKey(imp.Institution), imp.ID)); err != nil {
			return domain.Import{}, err
		}
	}
}

// importRead returns the import of an item, with the report, as reading both would.
func importRead(it item, report domain.Report) (domain.Import, error) {
	imp, err := readImport(it)
	if err != nil {
		return domain.Import{}, err
	}
	b, err := json.Marshal(report)
	if err == nil {
		err = json.Unmarshal(b, &imp.Report)
	}
	return imp, fault.Wrap(fault.Internal, "docUnreadable", err)
}

// joined is an import that a version wrote which kept the report in the import's own
// item. What that does not have is taken from the report's item: the import may have
// been written before by a version that keeps it there.
func joined(imp domain.Import, kept domain.Report) domain.Import {
	if imp.Headers == nil {
		imp.Headers = kept.Headers
	}
	if imp.Warnings == nil {
		imp.Warnings = kept.Warnings
	}
	if imp.Problems == nil && imp.ProblemsAll > 0 {
		imp.Problems = kept.Problems
	}
	if imp.Fields == nil {
		imp.Fields = kept.Fields
	}
	return imp
}

// Reports reads what a page of Imports left out.
func (s *Jobs) Reports(ctx context.Context, in domain.InstitutionID, is []domain.Import) error {
	at := map[string]int{}
	var asked []item
	for i := range is {
		if is[i].Reported > 0 {
			at[is[i].ID] = i
			asked = append(asked, keys(reportsKey(in), is[i].ID))
		}
	}
	kept, err := s.table.many(ctx, asked)
	if err != nil {
		return err
	}
	for _, it := range kept {
		id := stringOf(it["sk"])
		i := at[id]
		if int(number(it["v"])) != is[i].Reported {
			continue
		}
		if is[i].Report, err = decompress[domain.Report](it, maxReport); err != nil {
			return err
		}
		delete(at, id)
	}
	for _, i := range at { // written since the page was read
		imp, err := s.Import(ctx, in, is[i].ID)
		switch {
		case err == nil:
			is[i] = imp
		case fault.KindOf(err) != fault.NotFound: // else it expired
			return err
		}
	}
	return nil
}
