package local_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/local/emulator"
)

// asynchronous returns where each asynchronous path of the template puts what it
// cannot do, by the path's name, with what to look for in resources: "" if it has
// no such place. A kind of path that is not known here fails the test.
func asynchronous(t *testing.T, all object) map[string]string {
	t.Helper()
	queue := func(v any) string {
		if v == nil {
			return ""
		}
		return resourceName(v)
	}
	out := map[string]string{}
	invoked := func(function, by string) {
		out[by+" -> "+function] = queue(at(all[function], "Properties.EventInvokeConfig.DestinationConfig.OnFailure.Destination"))
	}
	for name, r := range all {
		switch kind := at(r, "Type").(string); kind {
		case "AWS::Serverless::Function":
			events, _ := at(r, "Properties.Events").(object)
			for event, e := range events {
				path := name + "." + event
				switch kind := at(e, "Type"); kind {
				case "S3", "SNS":
					invoked(name, path)
				case "Schedule", "ScheduleV2", "EventBridgeRule", "CloudWatchEvent":
					// What the rule cannot hand over, and what the function fails on.
					out[path] = queue(at(e, "Properties.DeadLetterConfig.Arn"))
					invoked(name, path)
				case "DynamoDB", "Kinesis":
					out[path] = queue(at(e, "Properties.DestinationConfig.OnFailure.Destination"))
				default:
					t.Errorf("%s: nothing is known of what becomes of failures of %v", path, kind)
				}
			}
			for _, right := range rights(t, at(r, "Properties.Policies.0.Statement")) {
				if function, found := strings.CutPrefix(right, "lambda:InvokeFunction "); found {
					invoked(function, name)
				}
			}
		case "AWS::SNS::Subscription":
			out[name] = queue(at(r, "Properties.RedrivePolicy.deadLetterTargetArn"))
		case "AWS::SES::ConfigurationSetEventDestination":
			// SES hands on to the account's own bus, and knows no queue for failures.
		default:
			for _, unknown := range []string{"AWS::Events::Rule", "AWS::Scheduler::", "AWS::Pipes::", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig"} {
				if strings.HasPrefix(kind, unknown) {
					t.Errorf("%s: nothing is known of what becomes of failures of %s", name, kind)
				}
			}
		}
	}
	return out
}

// What goes on without anybody waiting for its answer is not lost: each such path
// has a queue, each queue an alarm, and whoever puts something in may.
func TestEveryAsynchronousPathKeepsWhatFails(t *testing.T) {
	all := resources(t)
	paths := asynchronous(t, all)
	if len(paths) < 12 {
		t.Fatalf("only %d paths were found: %v", len(paths), paths)
	}
	watched := map[string]bool{}
	for _, alarm := range ofType(all, "AWS::CloudWatch::Alarm") {
		if at(all[alarm], "Properties.MetricName") == "ApproximateNumberOfMessagesVisible" {
			watched[resourceName(at(all[alarm], "Properties.Dimensions.0.Value"))] = true
		}
	}
	queues := ofType(all, "AWS::SQS::Queue")
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		switch queue := paths[path]; {
		case queue == "":
			t.Errorf("%s: what fails is lost", path)
		case !slices.Contains(queues, queue):
			t.Errorf("%s: what fails goes to %s, which is no queue", path, queue)
		case !watched[queue]:
			t.Errorf("%s: what fails goes to %s, and nobody hears of it", path, queue)
		}
	}
	// A function sends with its own rights, which SAM gives it; services need the
	// queue's leave.
	for path, queue := range paths {
		service := "events.amazonaws.com"
		if at(all[path], "Type") == "AWS::SNS::Subscription" {
			service = "sns.amazonaws.com"
		} else if strings.Contains(path, " -> ") || at(all[strings.Split(path, ".")[0]], "Properties.Events."+strings.Split(path, ".")[1]+".Type") == "DynamoDB" {
			continue
		}
		if !mayAdd(all, service, queue) {
			t.Errorf("%s: %s may not put anything into %s", path, service, queue)
		}
	}
}

func mayAdd(all object, service, queue string) bool {
	for _, policy := range ofType(all, "AWS::SQS::QueuePolicy") {
		for _, st := range at(all[policy], "Properties.PolicyDocument.Statement").([]any) {
			if at(st, "Effect") != "Allow" || at(st, "Principal.Service") != service || at(st, "Action") != "sqs:SendMessage" {
				continue
			}
			for _, r := range list(at(st, "Resource")) {
				if resourceName(r) == queue {
					return true
				}
			}
		}
	}
	return false
}

// Queues, topics and buckets refuse whoever comes without TLS, and alarms may
// still publish.
func TestNothingIsReachedWithoutTLS(t *testing.T) {
	all := resources(t)
	shut := map[string]bool{}
	for _, kind := range []string{"AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::S3::BucketPolicy"} {
		for _, policy := range ofType(all, kind) {
			p := at(all[policy], "Properties")
			var of []any
			for _, key := range []string{"Queues", "Topics", "Bucket"} {
				if v := at(p, key); v != nil {
					of = append(of, list(v)...)
				}
			}
			for _, st := range at(p, "PolicyDocument.Statement").([]any) {
				if at(st, "Effect") != "Deny" || at(st, "Principal") != "*" || len(st.(object)["Condition"].(object)) != 1 ||
					at(st, "Condition.Bool").(object)["aws:SecureTransport"] != "false" {
					continue
				}
				actions := list(at(st, "Action"))
				if !slices.ContainsFunc(actions, func(a any) bool {
					return a == "sqs:*" || a == "s3:*" || a == "sns:Publish"
				}) {
					continue
				}
				for _, o := range of {
					for _, r := range list(at(st, "Resource")) {
						if resourceName(r) == resourceName(o) {
							shut[resourceName(o)] = true
						}
					}
				}
			}
		}
	}
	for _, kind := range []string{"AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::S3::Bucket"} {
		names := ofType(all, kind)
		if len(names) == 0 {
			t.Errorf("no %s was found", kind)
		}
		for _, name := range names {
			if !shut[name] {
				t.Errorf("%s can be reached without TLS", name)
			}
		}
	}
	for _, st := range at(all["AlarmsPolicy"], "Properties.PolicyDocument.Statement").([]any) {
		if at(st, "Effect") == "Allow" && at(st, "Principal.Service") == "cloudwatch.amazonaws.com" && at(st, "Action") == "sns:Publish" {
			return
		}
	}
	t.Error("no alarm may publish: a topic's own policy takes the place of the account's")
}

// deployed returns the template's resources as they are with these parameters:
// what a condition leaves out is not there, and Fn::If is resolved.
func deployed(t *testing.T, given object) object {
	t.Helper()
	all, err := template()
	if err != nil {
		t.Fatal(err)
	}
	values := parameters(t)
	for name, v := range given {
		if _, known := values[name]; !known {
			t.Fatalf("the template has no parameter %s", name)
		}
		values[name] = v
	}
	conditions := all["Conditions"].(object)
	var holds func(v any) bool
	holds = func(v any) bool {
		for function, of := range v.(object) {
			switch function {
			case "Condition":
				return holds(conditions[of.(string)])
			case "Fn::Not":
				return !holds(of.([]any)[0])
			case "Fn::And":
				return !slices.ContainsFunc(of.([]any), func(v any) bool { return !holds(v) })
			case "Fn::Or":
				return slices.ContainsFunc(of.([]any), holds)
			case "Fn::Equals":
				value := func(v any) string {
					if ref, ok := at(v, "Ref").(string); ok {
						v = values[ref]
					}
					return fmt.Sprint(v)
				}
				return value(of.([]any)[0]) == value(of.([]any)[1])
			}
		}
		t.Fatalf("a condition that is not understood: %v", v)
		return false
	}
	type absent struct{}
	var resolve func(v any) any
	resolve = func(v any) any {
		switch v := v.(type) {
		case object:
			if at(v, "Ref") == "AWS::NoValue" {
				return absent{}
			}
			if branches, ok := v["Fn::If"].([]any); ok {
				if holds(conditions[branches[0].(string)]) {
					return resolve(branches[1])
				}
				return resolve(branches[2])
			}
			out := object{}
			for key, of := range v {
				if r := resolve(of); r != (any)(absent{}) {
					out[key] = r
				}
			}
			return out
		case []any:
			out := []any{}
			for _, of := range v {
				if r := resolve(of); r != (any)(absent{}) {
					out = append(out, r)
				}
			}
			return out
		}
		return v
	}
	out := object{}
	for name, r := range all["Resources"].(object) {
		if condition, ok := at(r, "Condition").(string); ok && !holds(conditions[condition]) {
			continue
		}
		out[name] = resolve(r)
	}
	return out
}

// Where a key is asked for, it is the key of everything that holds data, and whoever
// reads or writes that may use it; otherwise nothing speaks of keys.
func TestOneKeyForAllThatIsStored(t *testing.T) {
	encrypted := map[string]string{
		"AWS::DynamoDB::Table":  "SSESpecification.KMSMasterKeyId",
		"AWS::S3::Bucket":       "BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault.KMSMasterKeyID",
		"AWS::SQS::Queue":       "KmsMasterKeyId",
		"AWS::SNS::Topic":       "KmsMasterKeyId",
		"AWS::Logs::LogGroup":   "KmsKeyId",
		"AWS::Events::EventBus": "KmsKeyIdentifier",
	}
	template, err := template()
	if err != nil {
		t.Fatal(err)
	}
	functionsKey := at(template, "Globals.Function.KmsKeyArn.Fn::If")
	if at(functionsKey, "0") != "HasKey" {
		t.Errorf("variables of functions have the key %v", functionsKey)
	}
	for given, want := range map[string]any{
		"":                               nil,
		"create":                         object{"Fn::GetAtt": []any{"Key", "Arn"}},
		"arn:aws:kms:eu-central-1:1:key": object{"Ref": "EncryptionKey"},
	} {
		all := deployed(t, object{"EncryptionKey": given})
		if (all["Key"] != nil) != (given == "create") {
			t.Errorf("%q: the key is made: %v", given, all["Key"] != nil)
		}
		for kind, path := range encrypted {
			names := ofType(all, kind)
			if len(names) == 0 {
				t.Errorf("no %s was found", kind)
			}
			for _, name := range names {
				if d := cmp.Diff(want, at(all[name], "Properties."+path)); d != "" {
					t.Errorf("%q: %s: %s", given, name, d)
				}
			}
		}
		for _, name := range ofType(all, "AWS::S3::Bucket") {
			algorithm := at(all[name], "Properties.BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault.SSEAlgorithm")
			if (algorithm == "aws:kms") != (given != "") {
				t.Errorf("%q: %s is encrypted by %v", given, name, algorithm)
			}
		}
		for _, name := range ofType(all, "AWS::SQS::Queue") {
			if at(all[name], "Properties.SqsManagedSseEnabled") != (given == "") {
				t.Errorf("%q: %s has two keys, or none", given, name)
			}
		}
		may := map[string]any{"ImportMachineRole": at(all["ImportMachineRole"], "Properties.Policies.1.PolicyDocument.Statement.0")}
		for _, name := range ofType(all, "AWS::Serverless::Function") {
			may[name] = at(all[name], "Properties.Policies.1.Statement.0")
		}
		right := any(object{"Sid": "Key", "Effect": "Allow", "Action": []any{"kms:Decrypt", "kms:GenerateDataKey"}, "Resource": want})
		if given == "" {
			right = nil
		}
		for name, got := range may {
			if d := cmp.Diff(right, got); d != "" {
				t.Errorf("%q: %s: %s", given, name, d)
			}
		}
	}
}

// The services that use the key of their own accord are let in, each for this
// account's things only, and nobody else is.
func TestTheKeyLetsServicesIn(t *testing.T) {
	all := resources(t)
	services := map[string]bool{}
	for _, st := range at(all["Key"], "Properties.KeyPolicy.Statement").([]any) {
		conditions, _ := json.Marshal(at(st, "Condition"))
		bound := strings.Contains(string(conditions), "AWS::AccountId")
		switch principal := at(st, "Principal").(object); {
		case principal["Service"] != nil:
			for _, s := range list(principal["Service"]) {
				name, ok := s.(string)
				if !ok {
					name = at(s, "Fn::Sub").(string)
				}
				services[name] = bound
			}
		case principal["AWS"] == "*":
			if !bound || at(st, "Condition.StringEquals").(object)["kms:ViaService"] == nil {
				t.Errorf("anybody may use the key: %v", st)
			}
		case at(principal, "AWS.Fn::Sub") != "arn:${AWS::Partition}:iam::${AWS::AccountId}:root":
			t.Errorf("the key is for %v", principal)
		}
	}
	want := map[string]bool{"logs.${AWS::Region}.amazonaws.com": true, "delivery.logs.amazonaws.com": true, "cloudwatch.amazonaws.com": true, "sns.amazonaws.com": true, "events.amazonaws.com": true}
	if d := cmp.Diff(want, services); d != "" {
		t.Error(d)
	}
	if at(all["Key"], "Properties.EnableKeyRotation") != true || at(all["Key"], "DeletionPolicy") != "RetainExceptOnCreate" {
		t.Error("the key does not rotate, or goes with the stack while what it opens stays")
	}
}

// Whoever skips a rule of checkov says why.
func TestSkippedRulesHaveReasons(t *testing.T) {
	skipped := 0
	for name, r := range resources(t) {
		skips, _ := at(r, "Metadata.checkov.skip").([]any)
		for _, s := range skips {
			if skipped++; at(s, "id") == nil || len(fmt.Sprint(at(s, "comment"))) < 15 {
				t.Errorf("%s: %v", name, s)
			}
		}
	}
	if skipped == 0 {
		t.Error("nothing is skipped: this test looks in the wrong place")
	}
}

// Each bound at the gateway is of a route that there is, in the gateway and in the
// API, and is lower than that of all others; the stage waits for the route, without
// which the service refuses the bound.
func TestCostlyRoutesHaveBoundsOfTheirOwn(t *testing.T) {
	all := resources(t)
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(root, "internal", "api", "testdata", "openapi.golden"))
	if err != nil {
		t.Fatal(err)
	}
	var document struct{ Paths map[string]map[string]any }
	if err := json.Unmarshal(b, &document); err != nil {
		t.Fatal(err)
	}
	routes := map[string]string{}
	for _, name := range ofType(all, "AWS::ApiGatewayV2::Route") {
		routes[at(all[name], "Properties.RouteKey").(string)] = name
	}
	stage := all["ApiStage"]
	usual := at(stage, "Properties.DefaultRouteSettings")
	bounds := at(stage, "Properties.RouteSettings").(object)
	for key, bound := range bounds {
		method, path, _ := strings.Cut(key, " ")
		if document.Paths[path][strings.ToLower(method)] == nil {
			t.Errorf("the API has no %s", key)
		}
		if routes[key] == "" || !slices.Contains(at(stage, "DependsOn").([]any), any(routes[key])) {
			t.Errorf("%s is no route that the stage waits for", key)
		}
		for _, of := range []string{"ThrottlingRateLimit", "ThrottlingBurstLimit"} {
			if n, ok := at(bound, of).(float64); !ok || n < 1 || n >= at(usual, of).(float64) {
				t.Errorf("%s: %s is %v", key, of, at(bound, of))
			}
		}
	}
	for key := range routes {
		if _, bound := bounds[key]; !bound && key != "$default" && key != "ANY /api/{proxy+}" {
			t.Errorf("%s is a route of its own without a bound of its own", key)
		}
	}
	for _, costly := range []string{"POST /api/targets/preview", "POST /api/targets/{id}/count", "POST /api/templates", "POST /api/imports", "GET /api/contacts", "POST /api/contacts/search"} {
		if bounds[costly] == nil {
			t.Errorf("%s has no bound of its own", costly)
		}
	}
}

// An account with a quota of 10 can reserve nothing, so by itself nothing is.
func TestConcurrencyIsKeptByParameter(t *testing.T) {
	for function, parameter := range map[string]string{"ApiFunction": "ApiConcurrency", "ChunkFunction": "ChunkConcurrency", "TemplateFunction": "TemplateConcurrency"} {
		for name, f := range deployed(t, nil) {
			if got := at(f, "Properties.ReservedConcurrentExecutions"); got != nil {
				t.Errorf("%s keeps %v", name, got)
			}
		}
		all := deployed(t, object{parameter: 20})
		for _, name := range ofType(all, "AWS::Serverless::Function") {
			want := any(nil)
			if name == function {
				want = object{"Ref": parameter}
			}
			if d := cmp.Diff(want, at(all[name], "Properties.ReservedConcurrentExecutions")); d != "" {
				t.Errorf("%s: %s: %s", parameter, name, d)
			}
		}
	}
}

const webACL = "arn:aws:wafv2:us-east-1:1:global/webacl/a/b"

func TestTheFrontIsTheOnlyWayIn(t *testing.T) {
	for _, name := range []string{"Front", "FrontViewer"} {
		if deployed(t, nil)[name] != nil {
			t.Errorf("%s is there without being asked for", name)
		}
	}
	all := deployed(t, object{"WebAclArn": webACL, "OriginSecret": strings.Repeat("a", 32)})
	front := at(all["Front"], "Properties.DistributionConfig")
	if d := cmp.Diff(any(object{"Ref": "WebAclArn"}), at(front, "WebACLId")); d != "" {
		t.Error(d)
	}
	// The secret that the distribution sends is one that the function takes.
	header := object{"HeaderName": "x-origin-secret", "HeaderValue": object{"Ref": "OriginSecret"}}
	if d := cmp.Diff([]any{header}, at(front, "Origins.0.OriginCustomHeaders")); d != "" {
		t.Error(d)
	}
	variable := func(all object) any { return at(all["ApiFunction"], "Properties.Environment.Variables.ORIGIN_SECRETS") }
	if d := cmp.Diff(any(object{"Fn::Sub": "${OriginSecret} ${OriginSecretToo}"}), variable(all)); d != "" {
		t.Error(d)
	}
	if got := variable(deployed(t, nil)); got != "open" {
		t.Errorf("without a front the function takes %v", got)
	}
	// Secrets are hidden, and there is no front without one.
	template, err := template()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"OriginSecret", "OriginSecretToo"} {
		if at(template, "Parameters."+p+".NoEcho") != true {
			t.Errorf("%s is shown", p)
		}
	}
	assert := object{"Fn::Not": []any{object{"Fn::Equals": []any{object{"Ref": "OriginSecret"}, "none"}}}}
	if d := cmp.Diff(any(assert), at(template, "Rules.FrontHasSecret.Assertions.0.Assert")); d != "" {
		t.Error(d)
	}
	// Nothing is kept but the screen's assets, and those without who asked.
	const disabled, optimised, allButHost = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "658327ea-f89d-4fab-a63d-7e88639e58f6", "b689b0a8-53d0-40ab-baf2-68738e2966ac"
	usual := at(front, "DefaultCacheBehavior")
	if at(usual, "CachePolicyId") != disabled || at(usual, "OriginRequestPolicyId") != allButHost || len(at(usual, "AllowedMethods").([]any)) != 7 || at(usual, "FunctionAssociations.0.EventType") != "viewer-request" {
		t.Errorf("%v", usual)
	}
	kept := at(front, "CacheBehaviors").([]any)
	if len(kept) != 1 || at(kept[0], "PathPattern") != "/assets/*" || at(kept[0], "CachePolicyId") != optimised || at(kept[0], "OriginRequestPolicyId") != nil {
		t.Errorf("kept is %v", kept)
	}
	for _, b := range append(kept, usual) {
		if at(b, "ViewerProtocolPolicy") != "redirect-to-https" {
			t.Errorf("%v", b)
		}
	}
}

// The screen's address is the same wherever it is said: in mails, for sign-in, for
// uploads, in the outputs; and it is the one under which the screen is reached.
func TestEverythingFollowsTheScreensAddress(t *testing.T) {
	gateway := object{"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"}
	own := object{"ScreenUrl": "https://rollbook.example", "ScreenCertificate": "arn:aws:acm:x"}
	fronted := object{"WebAclArn": webACL, "OriginSecret": strings.Repeat("a", 32)}
	both := object{}
	maps.Copy(both, own)
	maps.Copy(both, fronted)
	for _, c := range []struct {
		given  object
		screen any
		serves string
	}{
		{nil, gateway, ""},
		{fronted, object{"Fn::Sub": "https://${Front.DomainName}"}, ""},
		{own, object{"Ref": "ScreenUrl"}, "ScreenDomain"},
		{both, object{"Ref": "ScreenUrl"}, "Front"},
	} {
		all := deployed(t, c.given)
		client := all["UserPoolClient"]
		for where, got := range map[string]any{
			"sign-in":    at(client, "Properties.CallbackURLs.0.Fn::Sub.1.Screen"),
			"sign-out":   at(client, "Properties.LogoutURLs.0.Fn::Sub.1.Screen"),
			"invitation": at(all["UserPool"], "Properties.AdminCreateUserConfig.InviteMessageTemplate.EmailMessage.Fn::Sub.1.Screen"),
			"uploads":    at(all["Uploads"], "Properties.CorsConfiguration.CorsRules.0.AllowedOrigins.0"),
			"the API":    at(all["ApiFunction"], "Properties.Environment.Variables.SCREEN_URL"),
			"templates":  at(all["TemplateFunction"], "Properties.Environment.Variables.SCREEN_URL"),
			"imports":    at(all["FinishFunction"], "Properties.Environment.Variables.SCREEN_URL"),
			"messages":   at(all["AnnounceFunction"], "Properties.Environment.Variables.SCREEN_URL"),
		} {
			if d := cmp.Diff(c.screen, got); d != "" {
				t.Errorf("%v: %s: %s", c.given, where, d)
			}
		}
		aliases := at(all["Front"], "Properties.DistributionConfig.Aliases")
		if (aliases != nil) != (c.serves == "Front") || (all["ScreenDomain"] != nil) != (c.serves == "ScreenDomain") || (all["ScreenMapping"] != nil) != (c.serves == "ScreenDomain") {
			t.Errorf("%v: the address is served by something else than %s", c.given, c.serves)
		}
	}
}

// Whoever is let into a drop folder puts files into one institution's inbox and reads
// its outbox, by whichever way, and nothing else.
func TestADropFolderIsOneInstitutionsOnly(t *testing.T) {
	read, err := dropfolder()
	if err != nil {
		t.Fatal(err)
	}
	all := read["Resources"].(object)
	// What may be done, and where: the end of the resource, or the prefix of a list.
	may := map[string][]string{
		"s3:PutObject":                {"inbox/${Institution}/*"},
		"s3:AbortMultipartUpload":     {"inbox/${Institution}/*"},
		"s3:ListMultipartUploadParts": {"inbox/${Institution}/*"},
		"s3:GetObject":                {"outbox/${Institution}/*"},
		"s3:ListBucket":               {"inbox/${Institution}", "inbox/${Institution}/*", "outbox/${Institution}", "outbox/${Institution}/*"},
	}
	statements := 0
	check := func(name string, document any) {
		for _, st := range at(document, "Statement").([]any) {
			statements++
			places := list(at(st, "Resource"))
			if at(st, "Action.0") == "s3:ListBucket" {
				places = list(at(st, "Condition.StringLike").(object)["s3:prefix"])
			}
			for _, action := range at(st, "Action").([]any) {
				for _, place := range places {
					text := at(place, "Fn::Sub").(string)
					if !slices.ContainsFunc(may[action.(string)], func(end string) bool {
						return text == end || strings.HasSuffix(text, "/"+end)
					}) {
						t.Errorf("%s: %s on %s", name, action, text)
					}
				}
			}
			if p, ok := at(st, "Principal").(object); ok {
				if d := cmp.Diff(any(object{"Ref": "Principal"}), p["AWS"]); d != "" {
					t.Errorf("%s: %s", name, d)
				}
			}
		}
	}
	for _, name := range ofType(all, "AWS::S3::AccessPoint") {
		check(name, at(all[name], "Properties.Policy"))
		for _, block := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			if at(all[name], "Properties.PublicAccessBlockConfiguration."+block) != true {
				t.Errorf("%s: %s is not set", name, block)
			}
		}
	}
	for _, name := range ofType(all, "AWS::IAM::Role") {
		for _, p := range at(all[name], "Properties.Policies").([]any) {
			check(name, at(p, "PolicyDocument"))
		}
	}
	if statements != 7 {
		t.Errorf("%d statements were checked", statements)
	}
	for _, m := range at(all["User"], "Properties.HomeDirectoryMappings").([]any) {
		if target := at(m, "Target.Fn::Sub").(string); !strings.HasSuffix(target, at(m, "Entry").(string)+"/${Institution}") {
			t.Errorf("the user sees %s", target)
		}
	}
	if at(all["User"], "Properties.HomeDirectoryType") != "LOGICAL" {
		t.Error("the user sees the buckets")
	}
	// The stack lets access points of its own account into these two folders alone.
	for bucket, want := range map[string][]string{
		"UploadsPolicy": {"s3:AbortMultipartUpload ${Uploads.Arn}/inbox/*", "s3:ListMultipartUploadParts ${Uploads.Arn}/inbox/*", "s3:PutObject ${Uploads.Arn}/inbox/*"},
		"FilesPolicy":   {"s3:GetObject Files/outbox/*", "s3:ListBucket Files"},
	} {
		var allowed []any
		for _, st := range at(resources(t)[bucket], "Properties.PolicyDocument.Statement").([]any) {
			if at(st, "Effect") != "Allow" {
				continue
			}
			allowed = append(allowed, st)
			if d := cmp.Diff(any(object{"s3:DataAccessPointAccount": object{"Ref": "AWS::AccountId"}}), at(st, "Condition.StringEquals")); d != "" {
				t.Errorf("%s: %s", bucket, d)
			}
			if at(st, "Action") == "s3:ListBucket" && at(st, "Condition.StringLike").(object)["s3:prefix"] != "outbox/*" {
				t.Errorf("%s: everything is listed", bucket)
			}
		}
		if d := cmp.Diff(want, rights(t, allowed)); d != "" {
			t.Errorf("%s: %s", bucket, d)
		}
	}
}
