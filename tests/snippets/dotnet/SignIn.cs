// Prints a sign-in token: `jwt USERID NAME` or `easy USERID`. What stands between the markers is shown in docs/sign-in.md.
// .NET 6 or later, no package. Not executed by ../run: Debian has no package of .NET.

using System;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

static class SignIn
{
    record Member(string Id, string Name);

    static string ByJwt(string site, string tokenSecret, Member member)
    {
        // snippet:begin jwt
        static string Base64Url(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new { iss = site, sub = member.Id, name = member.Name, iat = now, exp = now + 600 };
        string token = Base64Url(Encoding.UTF8.GetBytes("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"))
            + "." + Base64Url(JsonSerializer.SerializeToUtf8Bytes(claims));
        token += "." + Base64Url(HMACSHA256.HashData(Encoding.UTF8.GetBytes(tokenSecret), Encoding.UTF8.GetBytes(token)));
        // snippet:end
        return token;
    }

    static string Easy(string tokenSecret, Member member)
    {
        // snippet:begin easy
        byte[] signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(tokenSecret), Encoding.UTF8.GetBytes(member.Id));
        string token = member.Id + "." + Convert.ToHexString(signature).ToLowerInvariant();
        // snippet:end
        return token;
    }

    static int Main(string[] args)
    {
        string site = Environment.GetEnvironmentVariable("NEXTIM_SITE")!;
        string tokenSecret = Environment.GetEnvironmentVariable("NEXTIM_TOKEN_SECRET")!;
        if (args.Length == 3 && args[0] == "jwt")
            Console.WriteLine(ByJwt(site, tokenSecret, new Member(args[1], args[2])));
        else if (args.Length == 2 && args[0] == "easy")
            Console.WriteLine(Easy(tokenSecret, new Member(args[1], "")));
        else
        {
            Console.Error.WriteLine("usage: SignIn jwt USERID NAME | easy USERID");
            return 2;
        }
        return 0;
    }
}
