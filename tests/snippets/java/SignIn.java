// Prints a sign-in token: `jwt USERID NAME` or `easy USERID`. What stands between the markers is shown in docs/sign-in.md.
// Only what the JDK has, 17 or later; it runs without being compiled first: java SignIn.java …

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.function.UnaryOperator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

class SignIn {
    record Member(String id, String name) {}

    static String jwt(String site, String tokenSecret, Member member) throws GeneralSecurityException {
        // snippet:begin jwt
        // Every character becomes a JSON escape, so that no name can break out of its quotes.
        UnaryOperator<String> json = text ->
            text.chars().mapToObj(c -> String.format("\\u%04x", c)).collect(joining("", "\"", "\""));
        Base64.Encoder base64url = Base64.getUrlEncoder().withoutPadding();
        long now = Instant.now().getEpochSecond();
        String claims = "{\"iss\":%s,\"sub\":%s,\"name\":%s,\"iat\":%s,\"exp\":%s}".formatted(
            json.apply(site), json.apply(member.id()), json.apply(member.name()), now, now + 600);
        String token = base64url.encodeToString("{\"alg\":\"HS256\",\"typ\":\"JWT\"}".getBytes(UTF_8))
            + "." + base64url.encodeToString(claims.getBytes(UTF_8));
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(tokenSecret.getBytes(UTF_8), "HmacSHA256"));
        token += "." + base64url.encodeToString(mac.doFinal(token.getBytes(UTF_8)));
        // snippet:end
        return token;
    }

    static String easy(String tokenSecret, Member member) throws GeneralSecurityException {
        // snippet:begin easy
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(tokenSecret.getBytes(UTF_8), "HmacSHA256"));
        String token = member.id() + "." + HexFormat.of().formatHex(mac.doFinal(member.id().getBytes(UTF_8)));
        // snippet:end
        return token;
    }

    public static void main(String[] args) throws GeneralSecurityException {
        String site = System.getenv("NEXTIM_SITE");
        String tokenSecret = System.getenv("NEXTIM_TOKEN_SECRET");
        if (args.length == 3 && args[0].equals("jwt")) {
            System.out.println(jwt(site, tokenSecret, new Member(args[1], args[2])));
        } else if (args.length == 2 && args[0].equals("easy")) {
            System.out.println(easy(tokenSecret, new Member(args[1], "")));
        } else {
            System.err.println("usage: SignIn.java jwt USERID NAME | easy USERID");
            System.exit(2);
        }
    }
}
