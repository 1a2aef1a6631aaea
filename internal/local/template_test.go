package local_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/emulator"
)

// toJSON prints a template as JSON, with short forms such as !Ref X written out.
const toJSON = `
import json, sys
from samcli.yamlhelper import yaml_parse
json.dump(yaml_parse(open(sys.argv[1]).read()), sys.stdout, default=str)
`

type object = map[string]any

var (
	template   = sync.OnceValues(func() (object, error) { return read("template.yaml") })
	dropfolder = sync.OnceValues(func() (object, error) { return read("dropfolder.yaml") })
)

func read(file string) (object, error) {
	root, err := emulator.Root()
	if err != nil {
		return nil, err
	}
	python := filepath.Join(root, ".local", "sam", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		return nil, errors.New("the SAM CLI is not installed: run make setup")
	}
	cmd := exec.Command(python, "-c", toJSON, filepath.Join(root, file))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, stderr.String())
	}
	var t object
	err = json.Unmarshal(out, &t)
	return t, err
}

// parameters returns the defaults of the template's parameters.
func parameters(t *testing.T) object {
	t.Helper()
	all, err := template()
	if err != nil {
		t.Fatal(err)
	}
	out := object{}
	for name, p := range all["Parameters"].(object) {
		out[name] = at(p, "Default")
	}
	return out
}

// resources returns the template's resources by logical id.
func resources(t *testing.T) object {
	t.Helper()
	all, err := template()
	if err != nil {
		t.Fatal(err)
	}
	return all["Resources"].(object)
}

// at follows a path of keys and list indexes, such as "Properties.Tags.0.Key".
func at(v any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case object:
			v = x[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func ofType(all object, kind string) []string {
	var names []string
	for name, r := range all {
		if at(r, "Type") == kind {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// The function checks every token; no authorizer stands before it that would
// refuse a key, or turn a list of groups into a text.
func TestNoRouteHasAnAuthorizer(t *testing.T) {
	all := resources(t)
	for _, name := range ofType(all, "AWS::ApiGatewayV2::Route") {
		if got := at(all[name], "Properties.AuthorizationType"); got != "NONE" {
			t.Errorf("%s: %v", name, got)
		}
		if d := cmp.Diff(any(object{"Fn::Sub": "integrations/${ApiIntegration}"}), at(all[name], "Properties.Target")); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestClientCannotChooseWhoItIs(t *testing.T) {
	all := resources(t)
	client, pool := all["UserPoolClient"], all["UserPool"]
	if d := cmp.Diff([]any{"name", "locale"}, at(client, "Properties.WriteAttributes")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]any{"email"}, at(pool, "Properties.UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate")); d != "" {
		t.Error(d)
	}
	if at(pool, "Properties.AdminCreateUserConfig.AllowAdminCreateUserOnly") != true {
		t.Error("anybody can sign up")
	}
}

// The mail that invites somebody says in five languages who invites to what, where to
// sign in, and how long the password holds, in the form that the service takes.
func TestInvitationSaysWhatItIs(t *testing.T) {
	pool := resources(t)["UserPool"]
	invite := at(pool, "Properties.AdminCreateUserConfig.InviteMessageTemplate")
	subject, text := at(invite, "EmailSubject").(string), at(invite, "EmailMessage.Fn::Sub.0").(string)
	const taken = `[\p{L}\p{M}\p{S}\p{N}\p{P}\s]`
	if n := len([]rune(subject)); n > 140 || !regexp.MustCompile("^"+taken+"+$").MatchString(subject) {
		t.Errorf("%d characters: %q", n, subject)
	}
	// The address that is put in is short.
	if n := len([]rune(text)); n > 19000 || !regexp.MustCompile("^"+taken+`*\{####\}`+taken+"*$").MatchString(text) {
		t.Errorf("%d characters: %q", n, text)
	}
	for _, part := range []string{"{####}", "{username}", `<a href="${Screen}">${Screen}</a>`} {
		if strings.Count(text, part) != 1 {
			t.Errorf("%s is there %d times", part, strings.Count(text, part))
		}
	}
	said := regexp.MustCompile(`<p lang="(..)">(.*?)</p>`).FindAllStringSubmatch(text, -1)
	langs := map[string]bool{}
	for _, m := range said {
		langs[m[1]] = true
		for _, part := range []string{"Rollbook", fmt.Sprintf(" %v ", at(pool, "Properties.Policies.PasswordPolicy.TemporaryPasswordValidityDays"))} {
			if !strings.Contains(m[2], part) {
				t.Errorf("in %s it does not say %q", m[1], part)
			}
		}
	}
	for _, l := range domain.Languages {
		if !langs[l] {
			t.Errorf("nothing in %s", l)
		}
	}
}

// What a provider says of people is written by a client that is the provider's
// alone and whose tokens write nothing; the screen's client knows nothing of it.
func TestAFederationHasItsOwnClient(t *testing.T) {
	all := resources(t)
	screen, client, provider := all["UserPoolClient"], all["FederationClient"], all["Federation"]
	for name, r := range map[string]any{"client": client, "provider": provider} {
		if at(r, "Condition") != "Federates" {
			t.Errorf("the %s is always there", name)
		}
	}
	if d := cmp.Diff([]any{"COGNITO"}, at(screen, "Properties.SupportedIdentityProviders")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]any{object{"Ref": "Federation"}}, at(client, "Properties.SupportedIdentityProviders")); d != "" {
		t.Error(d)
	}
	// The service refuses sign-ins whose client cannot write what is mapped.
	writes := at(client, "Properties.WriteAttributes").([]any)
	for name := range at(provider, "Properties.AttributeMapping").(object) {
		if !slices.Contains(writes, any(name)) {
			t.Errorf("%s is mapped, and the client cannot write it", name)
		}
	}
	for _, name := range []string{"ReadAttributes", "WriteAttributes"} {
		if slices.Contains(at(screen, "Properties."+name).([]any), any("custom:role")) {
			t.Errorf("%s of the screen's client have the role", name)
		}
		if slices.Contains(at(client, "Properties."+name).([]any), any("custom:institution")) {
			t.Errorf("%s of the federation's client have the institution", name)
		}
	}
	if d := cmp.Diff([]any{"openid", "email", "profile"}, at(client, "Properties.AllowedOAuthScopes")); d != "" {
		t.Error("a token with aws.cognito.signin.user.admin could write its own role: ", d)
	}
	if d := cmp.Diff([]any{"ALLOW_CUSTOM_AUTH"}, at(client, "Properties.ExplicitAuthFlows")); d != "" {
		t.Error(d)
	}
}

func TestSignInIsByThePageAloneAndShort(t *testing.T) {
	client := resources(t)["UserPoolClient"]
	want := []any{"AllowsPasswordAuth", []any{"ALLOW_USER_PASSWORD_AUTH"}, []any{"ALLOW_CUSTOM_AUTH"}}
	if d := cmp.Diff(want, at(client, "Properties.ExplicitAuthFlows").(object)["Fn::If"]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]any{"code"}, at(client, "Properties.AllowedOAuthFlows")); d != "" {
		t.Error(d)
	}
	for path, want := range map[string]any{
		"EnableTokenRevocation": true, "RefreshTokenRotation.Feature": "ENABLED", "RefreshTokenValidity": 12.0,
		"IdTokenValidity": object{"Ref": "TokenMinutes"}, "AccessTokenValidity": object{"Ref": "TokenMinutes"},
	} {
		if d := cmp.Diff(want, at(client, "Properties."+path)); d != "" {
			t.Errorf("%s: %s", path, d)
		}
	}
}

func TestUploadsTakeFormsFromTheScreenOnly(t *testing.T) {
	all := resources(t)
	rules := at(all["Uploads"], "Properties.CorsConfiguration.CorsRules").([]any)
	if len(rules) != 1 {
		t.Fatalf("%d CORS rules, want 1", len(rules))
	}
	if d := cmp.Diff([]any{"POST"}, at(rules[0], "AllowedMethods")); d != "" {
		t.Error(d)
	}
	screen := at(all["ApiFunction"], "Properties.Environment.Variables.SCREEN_URL")
	if d := cmp.Diff([]any{screen}, at(rules[0], "AllowedOrigins")); d != "" {
		t.Error(d)
	}
	if cors := at(all["Files"], "Properties.CorsConfiguration"); cors != nil {
		t.Errorf("the files bucket has CORS rules: %v", cors)
	}
}

func TestBucketsAreShutAndExpire(t *testing.T) {
	all := resources(t)
	if d := cmp.Diff([]string{"Files", "Uploads"}, ofType(all, "AWS::S3::Bucket")); d != "" {
		t.Fatal(d)
	}
	if at(all["Uploads"], "Properties.VersioningConfiguration.Status") != "Enabled" {
		t.Error("uploads keep no versions")
	}
	for bucket, days := range map[string]float64{"Uploads": 30, "Files": 30} {
		b := all[bucket]
		for _, block := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			if at(b, "Properties.PublicAccessBlockConfiguration."+block) != true {
				t.Errorf("%s: %s is not set", bucket, block)
			}
		}
		if at(b, "Properties.BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault.SSEAlgorithm") == nil {
			t.Errorf("%s is not encrypted", bucket)
		}
		rule := at(b, "Properties.LifecycleConfiguration.Rules.0")
		if at(rule, "ExpirationInDays") != days || at(rule, "AbortIncompleteMultipartUpload.DaysAfterInitiation") != 1.0 {
			t.Errorf("%s expires by %v", bucket, rule)
		}
		deny := at(all[bucket+"Policy"], "Properties.PolicyDocument.Statement.0")
		if at(deny, "Effect") != "Deny" || at(deny, "Action") != "s3:*" || at(deny, "Principal") != "*" ||
			at(deny, "Condition").(object)["Bool"].(object)["aws:SecureTransport"] != "false" {
			t.Errorf("%s can be used without TLS: %v", bucket, deny)
		}
	}
}

func TestTables(t *testing.T) {
	all := resources(t)
	tables := ofType(all, "AWS::DynamoDB::Table")
	if d := cmp.Diff([]string{"AuditTable", "CatalogueTable", "ContactsTable", "EmailsTable", "HistoryTable", "JobsTable"}, tables); d != "" {
		t.Fatal(d)
	}
	for _, name := range tables {
		r := all[name]
		if at(r, "Properties.BillingMode") != "PAY_PER_REQUEST" ||
			at(r, "Properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled") != true ||
			at(r, "Properties.SSESpecification.SSEEnabled") != true ||
			at(r, "Properties.DeletionProtectionEnabled") == nil || at(r, "DeletionPolicy") != "RetainExceptOnCreate" || at(r, "UpdateReplacePolicy") != "Retain" {
			t.Errorf("%s: %v", name, r)
		}
		keys := []any{
			object{"AttributeName": "pk", "KeyType": "HASH"},
			object{"AttributeName": "sk", "KeyType": "RANGE"},
		}
		if d := cmp.Diff(keys, at(r, "Properties.KeySchema")); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if ttl := at(r, "Properties.TimeToLiveSpecification.AttributeName"); (ttl == "ttl") != slices.Contains([]string{"AuditTable", "EmailsTable", "HistoryTable", "JobsTable"}, name) {
			t.Errorf("%s expires by %v", name, ttl)
		}
	}
}

// rights returns what a function or role may do, as "action resource" lines.
func rights(t *testing.T, statements any) []string {
	t.Helper()
	var out []string
	for _, s := range statements.([]any) {
		if at(s, "Effect") != "Allow" {
			t.Errorf("a statement that does not allow: %v", s)
		}
		for _, action := range list(at(s, "Action")) {
			for _, resource := range list(at(s, "Resource")) {
				out = append(out, action.(string)+" "+resourceName(resource))
			}
		}
	}
	slices.Sort(out)
	return out
}

func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

// resourceName shortens !GetAtt X.Arn, !Ref X and !Sub "arn:…:X" to X.
func resourceName(v any) string {
	o, ok := v.(object)
	if !ok {
		return v.(string)
	}
	if ref, ok := o["Ref"].(string); ok {
		return ref
	}
	if get, ok := o["Fn::GetAtt"].([]any); ok {
		return get[0].(string)
	}
	s := o["Fn::Sub"].(string)
	s = strings.ReplaceAll(s, "${AWS::StackName}-uploads-${AWS::AccountId}-${AWS::Region}", "Uploads")
	s = strings.ReplaceAll(s, ":${AWS::Region}:${AWS::AccountId}", "")
	s = strings.ReplaceAll(s, "${Files.Arn}", "Files")
	for _, prefix := range []string{"arn:${AWS::Partition}:s3:::", "arn:${AWS::Partition}:"} {
		s = strings.TrimPrefix(s, prefix)
	}
	return s
}

func TestFunctionsHaveTheRightsTheyUseAndNoMore(t *testing.T) {
	on := func(table, actions string) []string {
		var out []string
		for a := range strings.FieldsSeq(actions) {
			out = append(out, "dynamodb:"+a+" "+table+"Table")
		}
		return out
	}
	job := on("Jobs", "GetItem PutItem")
	reads := slices.Concat(on("Contacts", "BatchGetItem"), on("Emails", "PartiQLSelect"))
	rounds := on("Jobs", "GetItem PutItem UpdateItem")
	under := func(prefix string) []string {
		return []string{"s3:GetObject Files/" + prefix + "/*", "s3:PutObject Files/" + prefix + "/*", "s3:AbortMultipartUpload Files/" + prefix + "/*", "s3:ListBucket Files"}
	}
	files := under("imports")
	uploads := []string{"s3:GetObject Uploads/uploads/*", "s3:GetObjectVersion Uploads/uploads/*", "s3:GetObject Uploads/inbox/*", "s3:GetObjectVersion Uploads/inbox/*", "s3:ListBucket Uploads", "s3:ListBucketVersions Uploads"}
	mail := []string{"ses:SendEmail ses:identity/*", "ses:SendEmail ses:configuration-set/${MailConfiguration}"}
	machine := []string{"states:StartExecution ImportMachine"}

	all := resources(t)
	for function, want := range map[string][]string{
		"ApiFunction": slices.Concat(
			on("Contacts", "GetItem BatchGetItem Query PutItem"),
			on("Emails", "Query PutItem UpdateItem DeleteItem"),
			on("History", "Query PutItem UpdateItem DeleteItem BatchWriteItem"),
			on("Catalogue", "GetItem Query PutItem UpdateItem DeleteItem"),
			on("Jobs", "GetItem BatchGetItem Query PutItem UpdateItem DeleteItem"),
			on("Audit", "Query PutItem"),
			uploads, machine,
			// A user of the pool is invited, given a role, let in or not; nobody's
			// password is read or set.
			[]string{"cognito-idp:AdminCreateUser UserPool", "cognito-idp:AdminGetUser UserPool", "cognito-idp:AdminListGroupsForUser UserPool",
				"cognito-idp:AdminAddUserToGroup UserPool", "cognito-idp:AdminRemoveUserFromGroup UserPool",
				"cognito-idp:AdminEnableUser UserPool", "cognito-idp:AdminDisableUser UserPool", "cognito-idp:AdminUserGlobalSignOut UserPool"},
			[]string{"s3:PutObject Uploads/uploads/*", "s3:PutObject Files/imports/*/corrections.json", "s3:PutObject Files/imports/*/drafts/*.json", "s3:GetObject Files/imports/*", "s3:GetObject Files/templates/*", "s3:ListBucket Files", "lambda:InvokeFunction TemplateFunction"}),
		"TemplateFunction": slices.Concat(on("Contacts", "Query BatchGetItem"), on("History", "Query UpdateItem"), on("Catalogue", "GetItem Query"), job, []string{"s3:PutObject Files/templates/*", "s3:AbortMultipartUpload Files/templates/*"}, mail),
		"StartFunction":    slices.Concat(on("Catalogue", "Query"), job, machine, []string{"s3:DeleteObjectVersion Uploads/uploads/*"}),
		"PlanFunction":     slices.Concat(reads, on("Contacts", "Query"), on("Catalogue", "GetItem Query UpdateItem"), rounds, on("Jobs", "Query"), uploads, files),
		"ChunkFunction": slices.Concat(
			on("Contacts", "GetItem BatchGetItem Query PutItem PartiQLInsert PartiQLUpdate"),
			on("Emails", "BatchGetItem Query PutItem UpdateItem DeleteItem BatchWriteItem PartiQLSelect PartiQLInsert PartiQLDelete"),
			on("History", "Query PutItem UpdateItem BatchWriteItem PartiQLInsert"),
			on("Catalogue", "GetItem Query UpdateItem"), rounds, files),
		"FinishFunction": slices.Concat(reads, on("Contacts", "Query PartiQLInsert PartiQLUpdate"), on("Emails", "BatchGetItem Query UpdateItem"),
			on("History", "Query UpdateItem PartiQLInsert"), on("Catalogue", "GetItem Query UpdateItem"), rounds, files, mail),
		"ReconcileFunction": slices.Concat(job, on("Jobs", "DeleteItem"), on("Contacts", "GetItem"), on("History", "Query UpdateItem BatchWriteItem"), machine, []string{
			"dynamodb:Query ${JobsTable.Arn}/index/open",
			"s3:GetObject Uploads/uploads/*", "s3:ListBucket Uploads",
			"states:DescribeExecution states:execution:${AWS::StackName}-import:*",
			"lambda:InvokeFunction TemplateFunction", "lambda:InvokeFunction FinishFunction"}),
		"AnnounceFunction": slices.Concat(on("Jobs", "GetItem Query PutItem"), []string{
			"dynamodb:Query ${JobsTable.Arn}/index/open", "events:PutEvents Events",
			"s3:GetObject Files/imports/*", "s3:PutObject Files/outbox/*", "s3:AbortMultipartUpload Files/outbox/*", "s3:ListBucket Files"}),
	} {
		slices.Sort(want)
		got := rights(t, at(all[function], "Properties.Policies.0.Statement"))
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", function, d)
		}
	}
	// Log deliveries and traces know no narrower resource.
	for _, right := range rights(t, at(all["ImportMachineRole"], "Properties.Policies.0.PolicyDocument.Statement")) {
		if strings.HasSuffix(right, " *") && !strings.HasPrefix(right, "logs:") && !strings.HasPrefix(right, "xray:Put") && !strings.HasPrefix(right, "xray:GetSampling") {
			t.Errorf("the state machine may %s", right)
		}
	}
}

var envTag = regexp.MustCompile(`env:"([A-Z_]+)"`)

func TestFunctionsGetTheVariablesTheyRead(t *testing.T) {
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	all := resources(t)
	for _, name := range ofType(all, "AWS::Serverless::Function") {
		var read []string
		source, err := os.ReadFile(filepath.Join(root, at(all[name], "Properties.CodeUri").(string), "main.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range envTag.FindAllSubmatch(source, -1) {
			read = append(read, string(m[1]))
		}
		slices.Sort(read)
		given := slices.Sorted(maps.Keys(at(all[name], "Properties.Environment.Variables").(object)))
		if d := cmp.Diff(read, given); d != "" {
			t.Errorf("%s (-read +given):\n%s", name, d)
		}
	}
}

func TestWhatFailsIsKeptAndAlarms(t *testing.T) {
	all := resources(t)
	watched := map[string]bool{}
	for _, alarm := range ofType(all, "AWS::CloudWatch::Alarm") {
		if d := cmp.Diff([]any{object{"Ref": "Alarms"}}, at(all[alarm], "Properties.AlarmActions")); d != "" {
			t.Errorf("%s: %s", alarm, d)
		}
		dimension := at(all[alarm], "Properties.Dimensions.0.Value")
		watched[fmt.Sprint(at(all[alarm], "Properties.MetricName"), " ", resourceName(dimension))] = true
	}
	want := []string{
		"5xx Api",
		"ApproximateNumberOfMessagesVisible AlarmFailures",
		"ApproximateNumberOfMessagesVisible AnnounceFailures",
		"ApproximateNumberOfMessagesVisible FinishFailures",
		"ApproximateNumberOfMessagesVisible ReconcileFailures",
		"ApproximateNumberOfMessagesVisible StartFailures",
		"ApproximateNumberOfMessagesVisible TemplateFailures",
		"ExecutionsFailed ImportMachine",
		"ExecutionsTimedOut ImportMachine",
		"SettledChunks AWS::StackName",
		"UnprocessedRows AWS::StackName",
	}
	if d := cmp.Diff(want, slices.Sorted(maps.Keys(watched))); d != "" {
		t.Error(d)
	}
}

// Whoever gets an alarm finds in docs/operations.md what it means.
func TestAlarmsAreExplained(t *testing.T) {
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile(filepath.Join(root, "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, alarm := range ofType(resources(t), "AWS::CloudWatch::Alarm") {
		if !strings.Contains(string(doc), "`"+alarm+"`") {
			t.Errorf("docs/operations.md does not have %s", alarm)
		}
	}
}

// The dashboard is one that CloudWatch takes, and what it shows exists.
func TestDashboard(t *testing.T) {
	all := resources(t)
	body, ok := at(all["Dashboard"], "Properties.DashboardBody.Fn::Sub").(string)
	if !ok {
		t.Fatal("there is no dashboard")
	}
	for _, m := range regexp.MustCompile(`\$\{([A-Za-z]+)`).FindAllStringSubmatch(body, -1) {
		if all[m[1]] == nil && m[1] != "AWS" {
			t.Errorf("it shows %s, which does not exist", m[1])
		}
	}
	var d struct {
		Widgets []struct {
			Type                string
			X, Y, Width, Height int
			Properties          struct {
				Title, Query string
				Metrics      [][]any
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &d); err != nil {
		t.Fatal(err)
	}
	for _, w := range d.Widgets {
		if w.X+w.Width > 24 || w.Properties.Title == "" || len(w.Properties.Metrics) == 0 && w.Properties.Query == "" {
			t.Errorf("%+v", w)
		}
	}
}

func TestUploadsAndTheDropFolderStartImports(t *testing.T) {
	var got []string
	for _, e := range at(resources(t)["StartFunction"], "Properties.Events").(object) {
		got = append(got, fmt.Sprint(at(e, "Properties.Events"), " ", at(e, "Properties.Filter.S3Key.Rules.0.Value")))
	}
	slices.Sort(got)
	if d := cmp.Diff([]string{"s3:ObjectCreated:* inbox/", "s3:ObjectCreated:* uploads/"}, got); d != "" {
		t.Error(d)
	}
}

func TestWhatBreaksOffIsSettled(t *testing.T) {
	pattern := at(resources(t)["FinishFunction"], "Properties.Events.Broken.Properties.Pattern.detail")
	want := object{"status": []any{"ABORTED", "FAILED", "TIMED_OUT"}, "stateMachineArn": []any{object{"Ref": "ImportMachine"}}}
	if d := cmp.Diff(want, pattern); d != "" {
		t.Error(d)
	}
}

func TestOpenJobsAreLookedAfter(t *testing.T) {
	all := resources(t)
	if got := at(all["ReconcileFunction"], "Properties.Events.Often.Properties.Schedule"); got != "rate(5 minutes)" {
		t.Errorf("every %v", got)
	}
	want := object{
		"IndexName":  dynamo.OpenIndex,
		"KeySchema":  []any{object{"AttributeName": "open", "KeyType": "HASH"}, object{"AttributeName": "since", "KeyType": "RANGE"}},
		"Projection": object{"ProjectionType": "KEYS_ONLY"},
	}
	if d := cmp.Diff([]any{want}, at(all["JobsTable"], "Properties.GlobalSecondaryIndexes")); d != "" {
		t.Error(d)
	}
}

// A first deployment must not fail where the account has the sender already, nor
// leave tables behind that stand in the way of the next one; and in the sandbox
// SES asks for the recipient's identity too.
func TestAFirstDeploymentCanBeRepeated(t *testing.T) {
	all := resources(t)
	for name, condition := range map[string]string{"MailIdentity": "MakesMailAddress", "MailDomainIdentity": "MakesMailDomain", "ScreenDomain": "ServesScreenUrl", "ScreenMapping": "ServesScreenUrl"} {
		if got := at(all[name], "Condition"); got != condition {
			t.Errorf("%s is made if %v", name, got)
		}
	}
	for name, r := range all {
		if kept := at(r, "DeletionPolicy"); kept != nil && kept != "RetainExceptOnCreate" {
			t.Errorf("%s stands in the way of another try: %v", name, kept)
		}
	}
	senders := 0
	for _, function := range []string{"TemplateFunction", "FinishFunction"} {
		for _, st := range at(all[function], "Properties.Policies.0.Statement").([]any) {
			if at(st, "Sid") != "Mail" {
				continue
			}
			senders++
			if d := cmp.Diff(any(object{"StringEqualsIfExists": object{"ses:FromAddress": object{"Ref": "MailFrom"}}}), at(st, "Condition")); d != "" {
				t.Errorf("%s sends as anybody: %s", function, d)
			}
		}
	}
	if senders != 2 {
		t.Errorf("%d functions send mail", senders)
	}
}

// Neither template nor machine is tied to one partition of AWS.
func TestNoPartitionIsWritten(t *testing.T) {
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"template.yaml", "dropfolder.yaml", "functions/import.asl.json"} {
		b, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(b), "\n") {
			if strings.Contains(line, "arn:aws") {
				t.Errorf("%s:%d: %s", file, i+1, line)
			}
		}
	}
}

func TestMailsThatComeBackAreHeardOf(t *testing.T) {
	all := resources(t)
	if d := cmp.Diff([]any{"BOUNCE", "COMPLAINT"}, at(all["MailEvents"], "Properties.EventDestination.MatchingEventTypes")); d != "" {
		t.Error(d)
	}
	set := object{"Ref": "MailConfiguration"}
	if d := cmp.Diff(any(set), at(all["MailEvents"], "Properties.ConfigurationSetName")); d != "" {
		t.Error(d)
	}
	want := object{
		"source":      []any{"aws.ses"},
		"detail-type": []any{"Email Bounced", "Email Complaint Received"},
		"detail":      object{"mail": object{"tags": object{"ses:configuration-set": []any{set}}}},
	}
	if d := cmp.Diff(want, at(all["ReconcileFunction"], "Properties.Events.Returned.Properties.Pattern")); d != "" {
		t.Error(d)
	}
}

// machine returns the state machine's states.
func machine(t *testing.T) object {
	t.Helper()
	return definition(t)["States"].(object)
}

// definition is that of the state machine.
func definition(t *testing.T) object {
	t.Helper()
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(root, "functions", "import.asl.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m object
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// Each state is reached from the first one, and each name that is gone to is a
// state beside it: what neither the linter nor a deployment looks at until an
// execution gets there.
func TestMachineHasNoLooseEnds(t *testing.T) {
	var check func(m object)
	check = func(m object) {
		states, seen := at(m, "States").(object), map[string]bool{}
		var follow func(name string)
		follow = func(name string) {
			if seen[name] {
				return
			}
			seen[name] = true
			s, there := states[name].(object)
			if !there {
				t.Errorf("%s is no state", name)
				return
			}
			for key, v := range s {
				switch key {
				case "Next", "Default":
					follow(v.(string))
				case "Catch", "Choices":
					for _, c := range v.([]any) {
						follow(at(c, "Next").(string))
					}
				case "ItemProcessor":
					check(v.(object))
				}
			}
		}
		follow(at(m, "StartAt").(string))
		for name := range states {
			if !seen[name] {
				t.Errorf("%s is never reached", name)
			}
		}
	}
	check(definition(t))
}

func TestMachineAlwaysFinishes(t *testing.T) {
	states := machine(t)
	for name, next := range map[string]string{"Plan": "Finish", "OnlyChunk": "Finish", "Chunks": "Finish", "Finish": "Unfinished"} {
		catches := at(states[name], "Catch").([]any)
		last := catches[len(catches)-1]
		if d := cmp.Diff([]any{"States.ALL"}, at(last, "ErrorEquals")); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if got := at(last, "Next"); got != next {
			t.Errorf("%s: errors go to %v, want %s", name, got, next)
		}
	}
	chunks := states["Chunks"]
	if at(chunks, "ToleratedFailurePercentage") != 100.0 || at(chunks, "Retry") != nil {
		t.Error("the map must tolerate failed children and must not be retried itself")
	}
	planned, err := json.Marshal(flow.Planned{AtOnce: 3})
	if err != nil {
		t.Fatal(err)
	}
	var answer object
	if err := json.Unmarshal(planned, &answer); err != nil {
		t.Fatal(err)
	}
	if path, ok := at(chunks, "MaxConcurrencyPath").(string); !ok || at(answer, strings.TrimPrefix(path, "$.")) != 3.0 {
		t.Error("plan does not say how many children run at once")
	}
	if at(chunks, "ItemProcessor.ProcessorConfig.Mode") != "DISTRIBUTED" {
		t.Error("the map's children must be executions of their own")
	}
	// The only chunk is run as a child of the map is.
	only := maps.Clone(states["OnlyChunk"].(object))
	for _, name := range []string{"Comment", "InputPath", "ResultPath", "Catch", "Next"} {
		delete(only, name)
	}
	of := maps.Clone(at(chunks, "ItemProcessor.States.Chunk").(object))
	delete(of, "OutputPath")
	delete(of, "End")
	if d := cmp.Diff(of, only); d != "" {
		t.Error(d)
	}
	// 2,000 children's results may not add up to the 256 KiB of a state's output.
	child := at(chunks, "ItemProcessor.States.Chunk").(object)
	if output, given := child["OutputPath"]; !given || output != nil {
		t.Error("a child hands its result on")
	}
}

func TestStepsAreRetriedWithJitterButNotWhenItIsUseless(t *testing.T) {
	states := machine(t)
	for name, step := range map[string]any{
		"Plan": states["Plan"], "OnlyChunk": states["OnlyChunk"], "Chunk": at(states["Chunks"], "ItemProcessor.States.Chunk"), "Finish": states["Finish"],
	} {
		retried := map[string]bool{}
		for _, r := range at(step, "Retry").([]any) {
			for _, e := range at(r, "ErrorEquals").([]any) {
				retried[e.(string)] = at(r, "MaxAttempts") != 0.0
			}
			if at(r, "MaxAttempts") != 0.0 && at(r, "JitterStrategy") != "FULL" {
				t.Errorf("%s: retried without jitter: %v", name, r)
			}
		}
		for _, e := range []string{"Busy", "Lambda.TooManyRequestsException", "Lambda.ServiceException", "Lambda.Unknown", "Sandbox.Timedout", "States.TaskFailed", "States.Timeout"} {
			if !retried[e] {
				t.Errorf("%s: %s is not retried", name, e)
			}
		}
		for _, e := range []string{"ImportMissing", "ImportConflict"} {
			if again, named := retried[e]; again || !named {
				t.Errorf("%s: %s is retried", name, e)
			}
		}
	}
}

// Rights are to named actions on named things. Where a service knows no narrower
// resource, the condition or the reason is here.
func TestNoRightIsToEverything(t *testing.T) {
	all := resources(t)
	for _, name := range ofType(all, "AWS::Serverless::Function") {
		for _, right := range rights(t, at(all[name], "Properties.Policies.0.Statement")) {
			action, resource, _ := strings.Cut(right, " ")
			switch {
			case strings.Contains(action, "*"):
				t.Errorf("%s may do more than is named: %s", name, right)
			// A bucket's listing names ids of jobs; without the right a missing object
			// could not be told from a forbidden one.
			case action == "s3:ListBucket", action == "s3:ListBucketVersions":
			// Bound to the sender by its condition: TestAFirstDeploymentCanBeRepeated.
			case right == "ses:SendEmail ses:identity/*":
			case resource == "*", strings.HasPrefix(action, "s3:") && strings.Count(resource, "/") < 2:
				t.Errorf("%s may reach more than is its own: %s", name, right)
			}
		}
	}
}
